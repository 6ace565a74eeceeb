import { createHash } from 'node:crypto'

/**
 * JSON in which equal values have equal bytes: keys sorted by code unit, no white space, numbers as
 * ECMAScript prints them (RFC 8785, "JSON Canonicalization Scheme"). Keys without a value are left out.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalItem).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
    return `{${members.join(',')}}`
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError(`${value} has no JSON form: only finite numbers do.`)
  }
  return JSON.stringify(value) ?? 'null'
}

const canonicalItem = (value: unknown): string =>
  value === undefined ? 'null' : canonicalJson(value)

/** Lower-case hexadecimal SHA-256 of text (as UTF-8) or bytes. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
