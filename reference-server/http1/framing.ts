import { ProtocolError } from './errors.ts'
import type { SpecialFields } from './special-fields.ts'

/** Marks a chunked body where otherwise its length in bytes stands. */
export const CHUNKED = -1

/**
 * How the request body is delimited (RFC 9112 §6.3): its length in bytes, or CHUNKED. Whatever two
 * recipients could read differently is refused rather than repaired.
 */
export function bodyFraming(fields: SpecialFields, version: '1.0' | '1.1'): number {
  const codings = fields.transferCodings
  if (codings === null) return fields.contentLength === -1 ? 0 : fields.contentLength
  if (version === '1.0') {
    throw new ProtocolError(400, 'RFC 9112 §6.1', 'HTTP/1.0 has no Transfer-Encoding.')
  }
  if (fields.contentLength !== -1) {
    throw new ProtocolError(
      400,
      'RFC 9112 §6.1',
      'A message has a Content-Length or a Transfer-Encoding, not both.',
    )
  }
  if (codings.length === 1 && codings[0] === 'chunked') return CHUNKED
  if (codings.at(-1) !== 'chunked' || codings.indexOf('chunked') !== codings.length - 1) {
    throw new ProtocolError(
      400,
      'RFC 9112 §6.3',
      'The last transfer coding of a request is chunked.',
    )
  }
  throw new ProtocolError(501, 'RFC 9112 §6.1', 'No transfer coding but chunked is known here.')
}
