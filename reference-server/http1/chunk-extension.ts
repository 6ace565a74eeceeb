import { CR, FIELD_VALUE, HTAB, SEMICOLON, SP, TOKEN } from './alphabet.ts'

/** Where in `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )` a reader stands. */
export type ExtensionState =
  | 'after-size'
  | 'before-semicolon'
  | 'before-name'
  | 'name'
  | 'after-name'
  | 'before-value'
  | 'token'
  | 'quoted'
  | 'escape'
  | 'after-value'
  | 'line-feed' // the CR was read

type ByteClass = 'token' | 'equals' | 'semicolon' | 'space' | 'quote' | 'backslash' | 'text' | 'cr'

/** RFC 9112 §7.1.1 and RFC 9110 §5.6.4 as a table; what it does not hold is refused. */
export const EXTENSION: Readonly<
  Record<ExtensionState, Readonly<Partial<Record<ByteClass, ExtensionState>>>>
> = {
  'after-size': { cr: 'line-feed', space: 'before-semicolon', semicolon: 'before-name' },
  'before-semicolon': { space: 'before-semicolon', semicolon: 'before-name' },
  'before-name': { space: 'before-name', token: 'name' },
  name: {
    token: 'name',
    space: 'after-name',
    equals: 'before-value',
    semicolon: 'before-name',
    cr: 'line-feed',
  },
  'after-name': { space: 'after-name', equals: 'before-value', semicolon: 'before-name' },
  'before-value': { space: 'before-value', token: 'token', quote: 'quoted' },
  token: {
    token: 'token',
    space: 'before-semicolon',
    semicolon: 'before-name',
    cr: 'line-feed',
  },
  quoted: {
    token: 'quoted',
    equals: 'quoted',
    semicolon: 'quoted',
    space: 'quoted',
    text: 'quoted',
    quote: 'after-value',
    backslash: 'escape',
  },
  escape: {
    token: 'quoted',
    equals: 'quoted',
    semicolon: 'quoted',
    space: 'quoted',
    text: 'quoted',
    quote: 'quoted',
    backslash: 'quoted',
  },
  'after-value': { space: 'before-semicolon', semicolon: 'before-name', cr: 'line-feed' },
  'line-feed': {},
}

const EQUALS = 0x3d
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Null for control characters, which no state admits. */
export function classOf(byte: number): ByteClass | null {
  if (TOKEN[byte] !== 0) return 'token'
  switch (byte) {
    case CR:
      return 'cr'
    case SP:
    case HTAB:
      return 'space'
    case SEMICOLON:
      return 'semicolon'
    case EQUALS:
      return 'equals'
    case QUOTE:
      return 'quote'
    case BACKSLASH:
      return 'backslash'
    default:
      return FIELD_VALUE[byte] === 1 ? 'text' : null
  }
}
