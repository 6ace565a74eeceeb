import fc, { type Arbitrary } from 'fast-check'
import { word } from '../../arbitraries/http.ts'
import type { Field } from '../../http2/hpack-table.ts'

/** A request as it goes on the wire, right or wrong: plain data. */
export interface RawRequest {
  readonly clause: string
  /**
   * False: the nearest valid neighbour, which must be served. Null: what a client must not send and no sentence calls
   * malformed, which is served or refused, and never left without an answer.
   */
  readonly malformed: boolean | null
  /** `{scheme}` stands for the scheme of the connection. */
  readonly fields: readonly Field[]
  /** DATA; null: END_STREAM is on HEADERS. */
  readonly content: string | null
}

const METHOD: Field = [':method', 'GET']
const SCHEME: Field = [':scheme', '{scheme}']
const AUTHORITY: Field = [':authority', 'assay.test']
const PATH: Field = [':path', '/malformed']
const HEAD: readonly Field[] = [METHOD, SCHEME, AUTHORITY, PATH]

const bad = (
  clause: string,
  fields: readonly Field[],
  content: string | null = null,
): RawRequest => ({
  clause,
  malformed: true,
  fields,
  content,
})

const good = (
  clause: string,
  fields: readonly Field[],
  content: string | null = null,
): RawRequest => ({
  ...bad(clause, fields, content),
  malformed: false,
})

const odd = (clause: string, fields: readonly Field[]): RawRequest => ({
  ...bad(clause, fields),
  malformed: null,
})

const VALIDITY = 'wire/rfc9113/field-validity'

/** RFC 9113 §8.2.1: the least that every recipient checks. */
const validity: Arbitrary<RawRequest> = fc
  .tuple(word, word)
  .chain(([name, value]) =>
    fc.constantFrom(
      bad(VALIDITY, [...HEAD, [`X-${name}`, value]]),
      bad(VALIDITY, [...HEAD, [`x-${name.toUpperCase()}`, value]]),
      bad(VALIDITY, [...HEAD, [`x ${name}`, value]]),
      bad(VALIDITY, [...HEAD, [`x-${name}\x00`, value]]),
      bad(VALIDITY, [...HEAD, [`x-${name}\x7f`, value]]),
      bad(VALIDITY, [...HEAD, [`x-${name}\xe9`, value]]),
      bad(VALIDITY, [...HEAD, [`x-${name}:`, value]]),
      bad(VALIDITY, [...HEAD, [`x-${name}`, `${value}\x00`]]),
      bad(VALIDITY, [...HEAD, [`x-${name}`, `${value}\r\nx-injected: 1`]]),
      bad(VALIDITY, [...HEAD, [`x-${name}`, `${value}\n${value}`]]),
      bad(VALIDITY, [...HEAD, [`x-${name}`, `${value}\r${value}`]]),
      bad(VALIDITY, [...HEAD, [`x-${name}`, ` ${value}`]]),
      bad(VALIDITY, [...HEAD, [`x-${name}`, `${value}\t`]]),
      good(VALIDITY, [...HEAD, [`x-${name}`, value]]),
      good(VALIDITY, [...HEAD, [`x-${name}`, '']]),
      good(VALIDITY, [...HEAD, [`x-${name}`, `${value} \t${value}`]]),
    ),
  )

const CONNECTION = 'wire/rfc9113/connection-fields-malformed'

/** RFC 9113 §8.2.2. */
const connectionFields: Arbitrary<RawRequest> = fc.constantFrom(
  bad(CONNECTION, [...HEAD, ['connection', 'close']]),
  bad(CONNECTION, [...HEAD, ['connection', 'keep-alive']]),
  bad(CONNECTION, [...HEAD, ['proxy-connection', 'keep-alive']]),
  bad(CONNECTION, [...HEAD, ['keep-alive', 'timeout=5']]),
  bad(CONNECTION, [...HEAD, ['transfer-encoding', 'chunked']]),
  bad(CONNECTION, [...HEAD, ['upgrade', 'h2c']]),
  bad(CONNECTION, [...HEAD, ['te', 'gzip']]),
  bad(CONNECTION, [...HEAD, ['te', 'trailers, gzip']]),
  good(CONNECTION, [...HEAD, ['te', 'trailers']]),
  good(CONNECTION, HEAD),
)

const ORDER = 'wire/rfc9113/pseudo-header-order'

/** RFC 9113 §8.3. */
const pseudoOrder: Arbitrary<RawRequest> = fc.constantFrom(
  bad(ORDER, [...HEAD, [':unknown', 'x']]),
  bad(ORDER, [...HEAD, [':status', '200']]),
  bad(ORDER, [METHOD, SCHEME, AUTHORITY, ['x-regular', '1'], PATH]),
  bad(ORDER, [['x-regular', '1'], ...HEAD]),
  bad(ORDER, [...HEAD, METHOD]),
  bad(ORDER, [...HEAD, [':path', '/other']]),
  bad(ORDER, [...HEAD, SCHEME]),
  good(ORDER, HEAD.toReversed()),
  good(ORDER, [...HEAD, ['x-regular', '1']]),
)

const REQUIRED = 'wire/rfc9113/required-pseudo-headers'

/** RFC 9113 §8.3.1. */
const required: Arbitrary<RawRequest> = fc.constantFrom(
  bad(REQUIRED, [SCHEME, AUTHORITY, PATH]),
  bad(REQUIRED, [METHOD, AUTHORITY, PATH]),
  bad(REQUIRED, [METHOD, SCHEME, AUTHORITY]),
  bad(REQUIRED, [METHOD, SCHEME, AUTHORITY, [':path', '']]),
  odd(REQUIRED, [METHOD, SCHEME, AUTHORITY, [':path', '/odd#fragment']]),
  odd(REQUIRED, [METHOD, SCHEME, AUTHORITY, [':path', '/odd?a#b']]),
  odd(REQUIRED, [METHOD, SCHEME, [':authority', 'user@assay.test'], PATH]),
  odd(REQUIRED, [METHOD, SCHEME, [':authority', 'user:secret@assay.test:80'], PATH]),
  good(REQUIRED, HEAD),
  good(REQUIRED, [METHOD, SCHEME, PATH, ['host', 'assay.test']]),
  good(REQUIRED, [[':method', 'OPTIONS'], SCHEME, AUTHORITY, PATH]),
)

const LENGTH = 'wire/rfc9113/content-length-mismatch'
const POST: readonly Field[] = [[':method', 'POST'], SCHEME, AUTHORITY, PATH]

/** RFC 9113 §8.1.1. */
const lengths: Arbitrary<RawRequest> = fc.tuple(fc.nat(9), fc.nat(9)).map(([declared, sent]) => {
  const fields: readonly Field[] = [...POST, ['content-length', String(declared)]]
  const content = '0123456789'.slice(0, sent)
  return declared === sent ? good(LENGTH, fields, content) : bad(LENGTH, fields, content)
})

const MISMATCH = 'wire/rfc9113/authority-host-mismatch'

/** RFC 9113 §8.3.1. */
const hosts: Arbitrary<RawRequest> = fc.constantFrom(
  bad(MISMATCH, [...HEAD, ['host', 'other.example']]),
  bad(MISMATCH, [...HEAD, ['host', 'assay.test.other.example']]),
  bad(MISMATCH, [...HEAD, ['host', 'assay.test:8443']]),
  good(MISMATCH, [...HEAD, ['host', 'assay.test']]),
)

/** Each with the sentence that makes it malformed; which of the sentences is chance. */
export const FAMILIES: readonly {
  readonly clause: string
  readonly law: string
  readonly requests: Arbitrary<RawRequest>
}[] = [
  {
    clause: VALIDITY,
    law: 'a request with a forbidden octet in a field is refused, and its valid neighbour is served',
    requests: validity,
  },
  {
    clause: CONNECTION,
    law: 'a request with fields about the connection is refused, TE: trailers excepted',
    requests: connectionFields,
  },
  {
    clause: ORDER,
    law: 'pseudo-header fields that are unknown, repeated or late make a request malformed',
    requests: pseudoOrder,
  },
  {
    clause: REQUIRED,
    law: 'a request without its method, scheme or path is refused, one without authority is not',
    requests: required,
  },
  {
    clause: LENGTH,
    law: 'a request whose content-length is not the sum of its DATA is refused, any other is served',
    requests: lengths,
  },
  {
    clause: MISMATCH,
    law: 'a request whose host field names another than :authority is refused',
    requests: hosts,
  },
]
