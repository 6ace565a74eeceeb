import type { DetailedPeerCertificate } from 'node:tls'

/** A certificate in DER as PEM (RFC 7468). */
export function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** The client's certificate and those that follow it, each signing the one before; empty without one. */
export function pemChain(peer: DetailedPeerCertificate): string[] {
  const chain: string[] = []
  const seen = new Set<string>()
  let current: DetailedPeerCertificate | undefined = peer
  while (current?.raw !== undefined && !seen.has(current.fingerprint256)) {
    seen.add(current.fingerprint256)
    chain.push(pemOf(current.raw))
    current = current.issuerCertificate
  }
  return chain
}
