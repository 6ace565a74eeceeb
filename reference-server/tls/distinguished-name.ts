import { X509Certificate } from 'node:crypto'

/**
 * The subject of a certificate as RFC 4514 writes it: the most specific part first, joined by commas,
 * special characters escaped. Node.js prints one `TYPE=value` a line, the least specific first.
 */
export function distinguishedName(der: Buffer): string {
  return new X509Certificate(der).subject.split('\n').toReversed().map(escapePart).join(',')
}

/** RFC 4514 §2.4. */
function escapePart(part: string): string {
  const equals = part.indexOf('=')
  const value = part
    .slice(equals + 1)
    .replaceAll(/["+,;<>\\]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ')
  return `${part.slice(0, equals)}=${value}`
}
