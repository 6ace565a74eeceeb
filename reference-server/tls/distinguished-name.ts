import { X509Certificate } from 'node:crypto'

/**
 * The subject of a certificate as RFC 4514 writes it: the most specific part first, joined by commas.
 * Node.js prints one part a line, the least specific first and special characters already escaped.
 */
export function distinguishedName(der: Buffer): string {
  return new X509Certificate(der).subject.split('\n').toReversed().join(',')
}
