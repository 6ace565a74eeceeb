import { X509Certificate } from 'node:crypto'

/**
 * The subject of a certificate as RFC 4514 §2 writes it: the most specific part first, joined by commas, and
 * the values of one part joined by plus signs. Node.js prints one part a line, the least specific first, with
 * spaces around the plus signs, and special characters already escaped; where the subject has no parts, as RFC 5280
 * §4.1.2.6 allows, it has none to print, and whatever is declared, no text either.
 */
export function distinguishedName(der: Buffer): string {
  const subject: unknown = new X509Certificate(der).subject
  if (typeof subject !== 'string') return ''
  const parts = subject.split('\n')
  return parts
    .map((part) => part.replaceAll(' + ', '+'))
    .toReversed()
    .join(',')
}
