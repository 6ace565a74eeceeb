export type Field = readonly [name: string, value: string]

/** The static table of HPACK (RFC 7541, Appendix A); the first entry has the index 1. */
const STATIC_TABLE: readonly Field[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''],
  ['accept-ranges', ''],
  ['accept', ''],
  ['access-control-allow-origin', ''],
  ['age', ''],
  ['allow', ''],
  ['authorization', ''],
  ['cache-control', ''],
  ['content-disposition', ''],
  ['content-encoding', ''],
  ['content-language', ''],
  ['content-length', ''],
  ['content-location', ''],
  ['content-range', ''],
  ['content-type', ''],
  ['cookie', ''],
  ['date', ''],
  ['etag', ''],
  ['expect', ''],
  ['expires', ''],
  ['from', ''],
  ['host', ''],
  ['if-match', ''],
  ['if-modified-since', ''],
  ['if-none-match', ''],
  ['if-range', ''],
  ['if-unmodified-since', ''],
  ['last-modified', ''],
  ['link', ''],
  ['location', ''],
  ['max-forwards', ''],
  ['proxy-authenticate', ''],
  ['proxy-authorization', ''],
  ['range', ''],
  ['referer', ''],
  ['refresh', ''],
  ['retry-after', ''],
  ['server', ''],
  ['set-cookie', ''],
  ['strict-transport-security', ''],
  ['transfer-encoding', ''],
  ['user-agent', ''],
  ['vary', ''],
  ['via', ''],
  ['www-authenticate', ''],
]

/** RFC 7541 §4.1: bytes that each entry of the dynamic table costs beside its text. */
const ENTRY_COST = 32

/** What one side of a connection remembers of the fields it has sent (RFC 7541 §2.3.2), newest first. */
export class DynamicTable {
  readonly #entries: Field[] = []
  #size = 0
  #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  /** The field of an index of both tables together; null where there is none. */
  at(index: number): Field | null {
    const own = index - STATIC_TABLE.length - 1
    return (own < 0 ? STATIC_TABLE[index - 1] : this.#entries[own]) ?? null
  }

  /** The first index of the field, or of one with its name; null where there is none. */
  find([name, value]: Field): { readonly index: number; readonly whole: boolean } | null {
    const all = [...STATIC_TABLE, ...this.#entries]
    const whole = all.findIndex(([own, text]) => own === name && text === value)
    if (whole !== -1) return { index: whole + 1, whole: true }
    const named = all.findIndex(([own]) => own === name)
    return named === -1 ? null : { index: named + 1, whole: false }
  }

  add(field: Field): void {
    this.#entries.unshift(field)
    this.#size += costOf(field)
    this.#evict()
  }

  resize(limit: number): void {
    this.#limit = limit
    this.#evict()
  }

  #evict(): void {
    while (this.#size > this.#limit) {
      const oldest = this.#entries.pop()
      if (oldest === undefined) return
      this.#size -= costOf(oldest)
    }
  }
}

function costOf([name, value]: Field): number {
  return name.length + value.length + ENTRY_COST
}
