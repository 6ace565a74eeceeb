import { X509Certificate } from 'node:crypto'

/**
 * The subject of a certificate as RFC 4514 §2 writes it: the most specific part first, joined by commas, and
 * the values of one part joined by plus signs. Node.js prints one part a line, the least specific first, with
 * spaces around the plus signs, and special characters already escaped.
 */
export function distinguishedName(der: Buffer): string {
  const parts = new X509Certificate(der).subject.split('\n')
  return parts
    .map((part) => part.replaceAll(' + ', '+'))
    .toReversed()
    .join(',')
}
