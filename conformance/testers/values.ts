/**
 * Values as the application inside the target saw them, Python types kept: `bytes` is not `str`, a
 * tuple is not a list, an int is not a bool, a float is not an int. Encoded by probe.py and probe.ts.
 */
export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyFloat
  | PyOther
  | PyList
  | PyTuple
  | PyIterable
  | PyDict

export class PyFloat {
  readonly repr: string
  constructor(repr: string) {
    this.repr = repr
  }
}

/** Anything outside the types that asgi.rst allows in events. */
export class PyOther {
  readonly typeName: string
  readonly repr: string
  constructor(typeName: string, repr: string) {
    this.typeName = typeName
    this.repr = repr
  }
}

export type PyList = PyValue[]
export class PyTuple extends Array<PyValue> {}
/** Neither list nor tuple, but it could be iterated: enough where the specification says Iterable. */
export class PyIterable extends Array<PyValue> {}
export interface PyDict {
  [key: string]: PyValue
}

/** What the suite may send that JSON cannot say, for messages that are wrong on purpose. */
export type Message = { readonly [key: string]: MessageValue }
export type MessageValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyFloat
  | Odd
  | Message
  | readonly MessageValue[]

/** A Python object of a type that a message may not hold, or holds in another guise. */
export class Odd {
  /**
   * A file is opened at a path and stands at a position: `[path, position, kept]`. A kept one is opened once, and
   * closed when the application call ends.
   */
  readonly kind: 'tuple' | 'generator' | 'bytearray' | 'memoryview' | 'object' | 'file'
  readonly content: readonly MessageValue[] | Uint8Array | string
  constructor(kind: Odd['kind'], content: Odd['content'] = '') {
    this.kind = kind
    this.content = content
  }
}

export function isDict(value: PyValue | undefined): value is PyDict {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof PyFloat) &&
    !(value instanceof PyOther)
  )
}

export function isInt(value: PyValue | undefined): value is number {
  return typeof value === 'number'
}

export function isBytes(value: PyValue | undefined): value is Uint8Array {
  return value instanceof Uint8Array
}

const TAG = '$'

/** Parses one line of the control protocol. */
export function fromJson(value: unknown): PyValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return value
  if (Array.isArray(value)) return value.map(fromJson)
  if (typeof value === 'object') return fromObject(value)
  throw new TypeError(`the probe sent a ${typeof value}`)
}

function fromObject(object: object): PyValue {
  const entries: [string, unknown][] = Object.entries(object)
  const first = entries[0]
  if (first?.[0].startsWith(TAG)) return fromTagged(first[0], first[1])
  const dict: PyDict = {}
  for (const [key, item] of entries) dict[key] = fromJson(item)
  return dict
}

function fromTagged(tag: string, body: unknown): PyValue {
  switch (tag) {
    case '$b':
      return Buffer.from(String(body), 'latin1')
    case '$B':
      return Buffer.from(String(body), 'base64')
    case '$i':
      return BigInt(String(body))
    case '$f':
      return new PyFloat(String(body))
    case '$t':
      return PyTuple.from(list(body), fromJson)
    case '$g':
      return PyIterable.from(list(list(body)[1]), fromJson)
    case '$s':
      return fromJson(list(body)[1])
    case '$d':
      return fromPairs(list(body))
    case '$m':
      return fromPairs(list(list(body)[1]))
    case '$o':
      return new PyOther(String(list(body)[0]), String(list(body)[1]))
    default:
      throw new TypeError(`the probe sent an unknown tag ${tag}`)
  }
}

/** A dict whose keys are not all plain strings: such keys are shown by their representation. */
function fromPairs(pairs: unknown[]): PyDict {
  const dict: PyDict = {}
  for (const pair of pairs) {
    const key = fromJson(list(pair)[0])
    dict[typeof key === 'string' ? key : `<${show(key)}>`] = fromJson(list(pair)[1])
  }
  return dict
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError('the probe sent a tag without its list')
  return value
}

const LARGE = 1024

/** The JSON form of a message that the application is commanded to send. */
export function toJson(value: MessageValue): unknown {
  if (value instanceof Uint8Array) return bytesToJson(value)
  if (value instanceof PyFloat) return { $f: value.repr }
  if (value instanceof Odd) return oddToJson(value)
  if (typeof value === 'bigint') return { $i: value.toString() }
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(entriesOf(value).map(([key, item]) => [key, toJson(item)]))
  }
  return value
}

/** Entries of what is left when every other type is ruled out: a dict. */
function entriesOf<Value>(
  dict: { readonly [key: string]: Value } | readonly Value[],
): [string, Value][] {
  return Object.entries(dict)
}

function bytesToJson(bytes: Uint8Array): unknown {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.length > LARGE
    ? { $B: buffer.toString('base64') }
    : { $b: buffer.toString('latin1') }
}

function oddToJson(odd: Odd): unknown {
  const text = odd.content instanceof Uint8Array ? Buffer.from(odd.content).toString('latin1') : ''
  const items = Array.isArray(odd.content) ? odd.content.map(toJson) : []
  switch (odd.kind) {
    case 'tuple':
      return { $t: items }
    case 'generator':
      return { $g: ['generator', items] }
    case 'bytearray':
      return { $a: text }
    case 'memoryview':
      return { $v: text }
    case 'object':
      return { $o: '' }
    case 'file':
      return { $F: items }
  }
}

/** Python-like rendering for people; long values are shortened and say so. */
export function show(value: PyValue | MessageValue | undefined, limit = 400): string {
  const out = new Rendering(limit)
  write(value, out)
  return out.text
}

/** A dictionary with all of its keys: each value is shortened by itself. */
export function showDict(dict: PyDict | Message, limit: number): string {
  const items = entriesOf<PyValue | MessageValue>(dict).map(
    ([key, item]) => `${JSON.stringify(key)}: ${showWithin(item, limit)}`,
  )
  return `{${items.join(', ')}}`
}

/** A byte is up to four characters of a text. */
const LONGEST_ESCAPE = 4

/** What is cut says how much there is of it, behind its closing quote. */
function showWithin(value: PyValue | MessageValue, limit: number): string {
  if (typeof value === 'string' && value.length > limit)
    return `${show(`${value.slice(0, limit)}…`, Number.POSITIVE_INFINITY)} (${value.length} characters)`
  if (!(value instanceof Uint8Array) || show(value, limit).length <= limit)
    return show(value, limit)
  const begun = escapeBytes(value.subarray(0, limit / LONGEST_ESCAPE))
  return `b"${begun}…" (${value.length} bytes)`
}

/** The beginning of a text, and how long all of it would be: a message of megabytes is never built as a text. */
class Rendering {
  readonly #limit: number
  #begun = ''
  #length = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get text(): string {
    return this.#length > this.#limit
      ? `${this.#begun.slice(0, this.#limit)}… (${this.#length} characters)`
      : this.#begun
  }

  add(piece: string): void {
    if (this.#begun.length < this.#limit) this.#begun += piece
    this.#length += piece.length
  }

  addBytes(bytes: Uint8Array): void {
    // Each byte is one character at least.
    const shown = bytes.subarray(0, Math.max(0, this.#limit - this.#begun.length))
    this.add(escapeBytes(shown))
    for (const byte of bytes.subarray(shown.length)) this.#length += LENGTHS[byte] ?? 0
  }
}

function write(value: PyValue | MessageValue | undefined, out: Rendering): void {
  if (value === undefined) out.add('(absent)')
  else if (value === null) out.add('None')
  else if (value === true) out.add('True')
  else if (value === false) out.add('False')
  else if (typeof value === 'string') out.add(JSON.stringify(value))
  else if (typeof value === 'number' || typeof value === 'bigint') out.add(String(value))
  else if (value instanceof Uint8Array) writeBytes(value, out)
  else if (value instanceof PyFloat) out.add(value.repr)
  else if (value instanceof PyOther) out.add(`<${value.typeName} ${value.repr}>`)
  else if (value instanceof Odd) writeOdd(value, out)
  else if (value instanceof PyTuple) writeList('(', value, ')', out)
  else if (Array.isArray(value)) writeList('[', value, ']', out)
  else writeDict(value, out)
}

function writeBytes(bytes: Uint8Array, out: Rendering): void {
  out.add('b"')
  out.addBytes(bytes)
  out.add('"')
}

function writeList(
  open: string,
  items: readonly (PyValue | MessageValue)[],
  close: string,
  out: Rendering,
): void {
  out.add(open)
  for (const [index, item] of items.entries()) {
    if (index > 0) out.add(', ')
    write(item, out)
  }
  out.add(close)
}

function writeDict(dict: PyDict | Message | readonly MessageValue[], out: Rendering): void {
  out.add('{')
  for (const [index, [key, item]] of entriesOf<PyValue | MessageValue>(dict).entries()) {
    out.add(`${index > 0 ? ', ' : ''}${JSON.stringify(key)}: `)
    write(item, out)
  }
  out.add('}')
}

function writeOdd({ kind, content }: Odd, out: Rendering): void {
  out.add(`${kind}(`)
  if (content instanceof Uint8Array) writeBytes(content, out)
  else if (typeof content === 'string') out.add(content)
  else writeList('', content, '', out)
  out.add(')')
}

/** Every byte as printable text, as in a Python literal. */
const ESCAPED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0x0d) return '\\r'
  if (byte === 0x0a) return '\\n'
  if (byte === 0x09) return '\\t'
  if (byte === 0x5c) return '\\\\'
  if (byte === 0x22) return '\\"'
  const printable = byte >= 0x20 && byte <= 0x7e
  return printable ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
})

const LENGTHS = Uint8Array.from(ESCAPED, ({ length }) => length)

/** Bytes as printable text with escapes, as in a Python literal. */
export function escapeBytes(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += ESCAPED[byte] ?? ''
  return text
}
