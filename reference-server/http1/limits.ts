/** What one request may cost before it is refused. All sizes in bytes. */
export interface RequestLimits {
  /** Request line with its CRLF and any empty lines before it; beyond: 414. */
  readonly requestLineBytes: number
  /** All field lines of a head or trailer section with their CRLFs; beyond: 431. */
  readonly headerBytes: number
  /** Field lines of a head or trailer section; beyond: 431. */
  readonly headerCount: number
  /** Decoded request body; beyond: 413. */
  readonly bodyBytes: number
}

/** RFC 9112 §3 recommends at least 8,000 octets for a request line. */
export const DEFAULT_LIMITS: RequestLimits = {
  requestLineBytes: 16 * 1024,
  headerBytes: 64 * 1024,
  headerCount: 100,
  bodyBytes: Number.POSITIVE_INFINITY,
}
