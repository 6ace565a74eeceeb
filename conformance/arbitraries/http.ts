import fc, { type Arbitrary } from 'fast-check'
import type { ResponsePlan } from '../testers/exchange.ts'
import type { HttpRequest, RequestBody } from '../testers/request.ts'

/** Binary strings throughout: one character, one byte, so that every program is plain JSON. */
const characters = (
  alphabet: string,
  size: { minLength?: number; maxLength: number },
): Arbitrary<string> => fc.string({ ...size, unit: fc.constantFrom(...alphabet.split('')) })

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const UNRESERVED = `${LETTERS}${LETTERS.toUpperCase()}0123456789-._~`
const SUB_DELIMS = "!$&'()*+,;="

/** A short word of plain letters. */
export const word: Arbitrary<string> = characters('abcdefgh', { minLength: 1, maxLength: 8 })

/** Methods that every general-purpose server accepts with or without content (RFC 9110 §9). */
export const method: Arbitrary<string> = fc.constantFrom(
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
)

/** Characters of every UTF-8 length; drawn by number, since listing them all costs 90 MB. */
export const character: Arbitrary<string> = fc
  .oneof(
    fc.integer({ min: 0x20, max: 0x7e }),
    fc.integer({ min: 0x80, max: 0x7ff }),
    fc.integer({ min: 0x800, max: 0xd7ff }),
    fc.integer({ min: 0x10000, max: 0x10ffff }),
  )
  .map((code) => String.fromCodePoint(code))

/** A percent-encoded UTF-8 sequence, in either case of the hexadecimal digits. */
const encodedCharacter = fc.tuple(character, fc.boolean()).map(([text, upper]) => {
  const hex = Buffer.from(text, 'utf8').toString('hex').replaceAll(/../g, '%$&')
  return upper ? hex.toUpperCase() : hex
})

const segment = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: characters(`${UNRESERVED}${SUB_DELIMS}:@`, { minLength: 1, maxLength: 6 }),
      },
      { weight: 1, arbitrary: encodedCharacter },
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''))

/** An absolute path of RFC 3986 §3.3; percent-encoding is always valid UTF-8, NUL is left out. */
export const path: Arbitrary<string> = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((segments) => `/${segments.join('/')}`)
  .filter((text) => !text.startsWith('//') && !text.includes('%00') && !text.includes('/.'))

/** A query of RFC 3986 §3.4, without its question mark. */
export const query: Arbitrary<string> = fc
  .array(
    fc.oneof(
      characters(`${UNRESERVED}${SUB_DELIMS}:@/?`, { minLength: 1, maxLength: 8 }),
      encodedCharacter,
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''))

const VISIBLE = Array.from({ length: 0x7f - 0x21 }, (_, i) => String.fromCharCode(0x21 + i)).join(
  '',
)

/** A field value of visible ASCII with inner spaces, never with spaces at its ends. */
export const fieldValue: Arbitrary<string> = fc
  .array(characters(VISIBLE, { minLength: 1, maxLength: 12 }), { maxLength: 3 })
  .map((words) => words.join(' '))

/** What stands between the words of a value is part of it (RFC 9110 §5.5), however odd it looks. */
const spacedValue: Arbitrary<string> = fc
  .tuple(fieldValue, fc.constantFrom(' ', ' ', '\t', '  ', ' \t'))
  .map(([value, between]) => value.replaceAll(' ', between))

/** Field names without a meaning of their own, few enough that duplicates are common. */
const requestFieldName = fc.constantFrom(
  'X-One',
  'x-two',
  'X-tHREE',
  'Accept-Language',
  'X-4',
  'x.dot',
  'Via',
  `${LETTERS.toUpperCase()}-0123456789`,
)
const responseFieldName = fc.constantFrom(
  'x-one',
  'x-two',
  'x-three',
  'set-cookie',
  'content-encoding',
  'vary',
  'x-4',
  'etag',
)

export type Fields = readonly (readonly [name: string, value: string])[]

export const requestFields: Arbitrary<Fields> = someRepeated(
  fc.tuple(requestFieldName, spacedValue),
)
/**
 * Now and then more of them than a server is likely to have room for at once; with no least number, so that what
 * fails with few as well is shown with few.
 */
export const responseFields: Arbitrary<Fields> = fc.oneof(
  { weight: 9, arbitrary: someRepeated(fc.tuple(responseFieldName, fieldValue)) },
  {
    weight: 1,
    arbitrary: fc.array(fc.tuple(responseFieldName, fieldValue), { maxLength: 60, size: 'max' }),
  },
)

/** Lines of which some come again as they are, next to each other or apart. */
function someRepeated(line: Arbitrary<readonly [string, string]>): Arbitrary<Fields> {
  return fc
    .tuple(fc.array(line, { maxLength: 6 }), fc.array(fc.nat(5), { maxLength: 2 }))
    .map(([lines, again]) =>
      again.reduce<Fields>((all, at) => {
        const twin = all[at]
        if (twin === undefined) return all
        return at % 2 === 0 ? [...all, twin] : [...all.slice(0, at), twin, ...all.slice(at)]
      }, lines),
    )
}

/** Any bytes. Most are short; some pass the usual buffer sizes. */
export const content: Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: bytes(64) },
  { weight: 1, arbitrary: blown(20_000) },
  { weight: 1, arbitrary: blown(100_000) },
)

function bytes(maxLength: number): Arbitrary<string> {
  return fc.uint8Array({ maxLength }).map((array) => Buffer.from(array).toString('latin1'))
}

/** A long content from a short seed: shrinks in its length and stays small in the stored program. */
function blown(maxLength: number): Arbitrary<string> {
  return fc
    .tuple(
      fc.string({ minLength: 1, maxLength: 5, unit: fc.constantFrom(...UNRESERVED.split('')) }),
      fc.nat(maxLength),
    )
    .map(([pattern, length]) => pattern.repeat(Math.ceil(length / pattern.length)).slice(0, length))
}

export const sizedBody: Arbitrary<RequestBody> = content.map((text) => ({
  framing: 'content-length' as const,
  content: text,
}))

export const chunkedBody: Arbitrary<RequestBody> = fc
  .record({
    chunks: fc.array(
      bytes(40).filter((chunk) => chunk.length > 0),
      { maxLength: 5 },
    ),
    extension: fc.constantFrom('', ';a', ';name=value', ';q="quoted"'),
  })
  .map(({ chunks, extension }) => ({ framing: 'chunked' as const, chunks, extension }))

export const body: Arbitrary<RequestBody> = fc.oneof(
  fc.constant({ framing: 'none' as const }),
  sizedBody,
  chunkedBody,
)

export const request: Arbitrary<HttpRequest> = fc
  .record({ method, path, query: fc.option(query, { nil: null }), headers: requestFields, body })
  .map(({ method: verb, path: target, query: text, headers, body: framed }) => ({
    method: framed.framing === 'none' || verb !== 'GET' ? verb : 'POST',
    target: text === null ? target : `${target}?${text}`,
    version: '1.1' as const,
    headers,
    body: framed,
  }))

/** Statuses whose responses carry content. */
const SUCCESSES = [200, 201, 202, 203, 206, 207, 208, 226, 299]
const REDIRECTIONS = [300, 301, 302, 303, 307, 308, 399]
const CLIENT_ERRORS = [
  400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418,
  421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 499,
]
const SERVER_ERRORS = [500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511, 599]

/** Registered codes whose responses carry content whatever the request was, and some of nobody's. */
export const status: Arbitrary<number> = fc.constantFrom(
  ...SUCCESSES,
  ...REDIRECTIONS,
  ...CLIENT_ERRORS,
  ...SERVER_ERRORS,
)

/** A response as a correct application sends it; with a content-length that is right, or without. */
export const responsePlan: Arbitrary<ResponsePlan> = fc
  .record({
    status,
    headers: responseFields,
    body: fc.array(bytes(50), { maxLength: 4 }),
    sized: fc.boolean(),
  })
  .map(({ status: code, headers, body: parts, sized }) => ({
    status: code,
    headers: sized
      ? [...headers, ['content-length', String(parts.join('').length)] as const]
      : headers,
    body: parts,
  }))

/** Where to cut bytes into segments: offsets, as shares of the whole in thousandths. */
export const cutShares: Arbitrary<number[]> = fc.array(fc.nat(999), { maxLength: 6 })

export function cutsOf(shares: readonly number[], length: number): number[] {
  const cuts = new Set(shares.map((share) => Math.floor((share * length) / 1000)))
  return [...cuts].toSorted((a, b) => a - b)
}
