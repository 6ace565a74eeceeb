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
  { weight: 3, arbitrary: edgeCharacter },
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

/** What readers of text are wont to take away from its ends. */
const borderCharacter = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('\ufeff', '\0', ' ', '\n') },
  { weight: 1, arbitrary: edgeCharacter },
)

/** Any characters: no half surrogates, which no text message can hold. */
const text: Arbitrary<string> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc
      .tuple(borderCharacter, fc.string({ maxLength: 8, unit: http.character }), borderCharacter)
      .map((parts) => parts.join('')),
  },
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

/**
 * Twice the same, with nothing in between that resembles it: a compressor whose window reaches back to the
 * first refers to it. The distances lie around the sizes of windows (RFC 7692 §7.1.2).
 */
const repetitive: Arbitrary<string> = fc
  .record({ bits: fc.integer({ min: 8, max: 14 }), more: fc.nat(1000), seed: fc.nat(0xff_ff) })
  .map(({ bits, more, seed }) =>
    unlike(seed, 2 ** bits + Math.floor((more * 2 ** bits) / 1000)).repeat(2),
  )

/** Letters and digits without any order, the same for the same seed. */
export function unlike(seed: number, length: number): string {
  let state = seed + 1
  const next = (): string => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return LETTERS[state >>> 26] ?? ''
  }
  return Array.from({ length }, next).join('')
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_'

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

/** What compresses by what stands far back, in the message or in the one before it. */
export const repetitiveSaying: Arbitrary<Saying> = fc
  .record({ kind: fc.constantFrom('text' as const, 'binary' as const), content: repetitive })
  .map((said) => ({ ...said, bothKeys: false }))

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
  fc.constantFrom('é'.repeat(61).concat('x'), '€'.repeat(41), '𝄞'.repeat(30)),
)

function fits(reason: string): boolean {
  return Buffer.byteLength(reason) <= 123
}
