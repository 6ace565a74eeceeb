import fc, { type Arbitrary } from 'fast-check'
import type { Message } from '../testers/values.ts'
import type { Handshake } from '../websocket/handshake.ts'
import { type MessagePlan, payloadOf } from '../websocket/message-plan.ts'
import * as http from './http.ts'

/**
 * The first and last characters of each length in UTF-8, those around the surrogates, and what Unicode
 * calls noncharacters, which are valid UTF-8 like any other.
 */
const edgeCharacter = fc
  .constantFrom(
    0x7f,
    0x80,
    0x7ff,
    0x800,
    0xd7ff,
    0xe000,
    0xfdd0,
    0xfeff,
    0xfffd,
    0xfffe,
    0xffff,
    0x10000,
    0x1fffe,
    0x1ffff,
    0x10fffe,
    0x10ffff,
  )
  .map((code) => String.fromCodePoint(code))

/** Control characters too: a text message may hold them. */
const anyCharacter = fc.oneof(
  { weight: 5, arbitrary: http.character },
  { weight: 1, arbitrary: edgeCharacter },
  {
    weight: 1,
    arbitrary: fc.integer({ max: 0x1f, min: 0 }).map((code) => String.fromCharCode(code)),
  },
)

/** Lengths around which the form of the length, or a buffer of the server, changes. */
const edge = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(0, 1, 125, 126, 127, 4096) },
  { weight: 1, arbitrary: fc.constantFrom(65_535, 65_536) },
)

/** Any characters: no half surrogates, which no text message can hold. */
const text: Arbitrary<string> = fc.oneof(
  { weight: 24, arbitrary: fc.string({ maxLength: 40, unit: anyCharacter }) },
  { weight: 12, arbitrary: fc.string({ maxLength: 20, unit: http.character }) },
  { weight: 12, arbitrary: edge.map((length) => filled('0123456789', length)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('é', '€', '𝄞', 'a€'), fc.nat(10_000))
      .map(([pattern, count]) => pattern.repeat(count)),
  },
)

/** Any bytes, as a binary string. */
const bytes: Arbitrary<string> = fc.oneof(
  { weight: 24, arbitrary: binaryString(40) },
  { weight: 12, arbitrary: edge.map((length) => filled('\0\x01\x80\xff~', length)) },
  { weight: 1, arbitrary: fc.nat(200_000).map((length) => filled('\xfe\0binary', length)) },
)

export function binaryString(maxLength: number): Arbitrary<string> {
  return fc.uint8Array({ maxLength }).map((array) => Buffer.from(array).toString('latin1'))
}

function filled(pattern: string, length: number): string {
  return pattern.repeat(Math.ceil(length / pattern.length)).slice(0, length)
}

const typed = fc.oneof(
  text.map((content) => ({ kind: 'text' as const, content })),
  bytes.map((content) => ({ kind: 'binary' as const, content })),
)

const mask = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 0xff_ff_ff_ff }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 0xff_ff_ff_ff) },
)

/** A message of the client, fragmented or not, with control frames between the fragments. */
export const message: Arbitrary<MessagePlan> = fc
  .record({
    typed,
    cuts: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(fc.nat(1000), { maxLength: 5 }) },
    ),
    between: fc.array(fc.record({ ping: fc.boolean(), payload: binaryString(12) }), {
      maxLength: 2,
    }),
    mask,
  })
  .map(({ typed: { kind, content }, cuts, between, mask: key }) => ({
    kind,
    content,
    cuts,
    between: cuts.length === 0 ? [] : between,
    mask: key,
  }))

/** A message that fits in one small frame. */
export const smallMessage: Arbitrary<MessagePlan> = fc
  .record({
    typed: fc.oneof(
      fc.string({ maxLength: 12, unit: http.character }).map((content) => ({
        kind: 'text' as const,
        content,
      })),
      binaryString(20).map((content) => ({ kind: 'binary' as const, content })),
    ),
    mask,
  })
  .map(({ typed: { kind, content }, mask: key }) => ({
    kind,
    content,
    cuts: [],
    between: [],
    mask: key,
  }))

/** What an application says: one message. */
export interface Saying {
  readonly kind: 'text' | 'binary'
  /** Text as characters; binary as a binary string. */
  readonly content: string
  /** The other key is there too, and is None. */
  readonly bothKeys: boolean
}

export const saying: Arbitrary<Saying> = fc
  .record({ typed, bothKeys: fc.boolean() })
  .map(({ typed: { kind, content }, bothKeys }) => ({ kind, content, bothKeys }))

/** The websocket.send for it. */
export function sendMessage({ kind, content, bothKeys }: Saying): Message {
  const value = kind === 'text' ? content : payloadOf({ kind, content })
  const key = kind === 'text' ? 'text' : 'bytes'
  const other = kind === 'text' ? 'bytes' : 'text'
  return { type: 'websocket.send', [key]: value, ...(bothKeys ? { [other]: null } : {}) }
}

/** A token of RFC 9110 §5.6.2, as subprotocol names are. */
export const subprotocol: Arbitrary<string> = fc.string({
  minLength: 1,
  maxLength: 10,
  unit: fc.constantFrom(..."abcXYZ019-._!#$%&'*+^`|~".split('')),
})

/** Different names in one header line or several. */
export const subprotocols: Arbitrary<string[][]> = fc
  .uniqueArray(subprotocol, { maxLength: 5 })
  .chain((names) =>
    fc.array(fc.nat(names.length), { maxLength: 2 }).map((cuts) => split(names, cuts)),
  )

function split(names: readonly string[], cuts: readonly number[]): string[][] {
  const edges = [0, ...cuts.toSorted((a, b) => a - b), names.length]
  return edges
    .slice(1)
    .map((end, index) => names.slice(edges[index] ?? 0, end))
    .filter((line) => line.length > 0)
}

export const handshake: Arbitrary<Handshake> = fc
  .record({
    path: http.path,
    query: fc.option(http.query, { nil: null }),
    headers: http.requestFields,
    subprotocols,
  })
  .map(({ path, query, headers, subprotocols: names }) => ({
    target: query === null ? path : `${path}?${query}`,
    headers,
    subprotocols: names,
    extensions: [],
  }))

/** Close codes that an endpoint may send, and that every implementation knows (RFC 6455 §7.4). */
export const closeCode: Arbitrary<number> = fc.oneof(
  fc.constantFrom(1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011),
  fc.integer({ min: 3000, max: 4999 }),
)

/** A reason that fits into a Close frame: at most 123 bytes of UTF-8. */
export const closeReason: Arbitrary<string> = fc.oneof(
  fc.constant(''),
  fc.string({ maxLength: 30, unit: http.character }).filter(fits),
  fc.nat(123).map((length) => filled('reason ', length)),
)

function fits(reason: string): boolean {
  return Buffer.byteLength(reason) <= 123
}
