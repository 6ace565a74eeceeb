import type { DetailedPeerCertificate } from 'node:tls'

/** A certificate in DER as PEM (RFC 7468). */
export function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/**
 * The client's certificate and those that it sent behind it, each signing the one before; empty without one. Node.js
 * goes on with the authorities that the server trusts, whether or not the client sent them: they are left out.
 */
export function pemChain(
  peer: DetailedPeerCertificate,
  authorities: ReadonlySet<string>,
): string[] {
  const chain: string[] = []
  const seen = new Set<string>()
  let current: DetailedPeerCertificate | undefined = peer
  while (current?.raw !== undefined && !seen.has(current.fingerprint256)) {
    const { raw, fingerprint256 } = current
    seen.add(fingerprint256)
    if (chain.length === 0 || !authorities.has(fingerprint256)) chain.push(pemOf(raw))
    current = current.issuerCertificate
  }
  return chain
}
