import fc, { type Arbitrary } from 'fast-check'

/** Binary strings throughout: one character, one byte, so that a vector is plain JSON. */
export interface Message {
  /** Request line and field lines, each with its line end; the empty line behind them is not in it. */
  readonly head: string
  /** What follows the empty line: content, in whatever framing, and all that was smuggled behind it. */
  readonly content: string
}

/** What a request says: what the application must have been given, if it was given anything. */
export interface Reading {
  readonly content: string
  /** `scope["path"]`; absent: whatever the server makes of the target. */
  readonly path?: string
  readonly method?: string
  /** `scope["query_string"]`. */
  readonly query?: string
  /** Fields of the scope, names in lower case; runs of whitespace inside a value count as one space. */
  readonly fields?: readonly (readonly [name: string, value: string])[]
  /** Fields that must not be among its headers with this value, where the name itself may be. */
  readonly unsaid?: readonly (readonly [name: string, value: string])[]
  /** Names that no field of the scope may have. */
  readonly absent?: readonly string[]
  /** Path of a second request that stands in the same bytes, and must be served as such. */
  readonly next?: string
}

/** What the cited sentence makes of a vector. A close stands for a refusal everywhere (RFC 9112 §9.5). */
export type Expectation =
  /** A whole request in the application, once and just so, and its answer on the wire. */
  | { readonly kind: 'served'; readonly reading: Reading }
  /** No whole request in the application, and 4xx, 501, 505 or a redirect on the wire. */
  | { readonly kind: 'refused' }
  /** The application may be called, but is never given a whole request. */
  | { readonly kind: 'body-fault' }
  /** Refused, or served in one of these readings: either way the wire and the application agree. */
  | { readonly kind: 'agree'; readonly readings: readonly Reading[] }

export interface Vector extends Message {
  /** Its last octets come one by one: where a segment ends means nothing (RFC 9112 §2.2, a sequence of octets). */
  readonly dripping?: boolean
  /** `content-length/malformed`: the family that it comes from. */
  readonly id: string
  readonly clause: string
  readonly expect: Expectation
  /** Clause that makes the server close the connection afterwards; null: the next request may be served. */
  readonly closedBy: string | null
}

/** Vectors that differ in nothing that a server is likely to tell apart. */
export interface Family {
  /** `content-length/malformed` */
  readonly id: string
  /** The family that it is reported with, as one lack breaks both; by default it stands for itself. */
  readonly like: string
  readonly vectors: Arbitrary<Vector>
}

/** Families that are judged by one property: what must be refused, beside its nearest valid neighbours. */
export interface VectorGroup {
  /** Path of the property and of the clause that it is mainly about. */
  readonly id: string
  readonly law: string
  readonly clauses: readonly string[]
  readonly families: readonly Family[]
}

type Readable = Message & { readonly reading: Reading }
type Ambiguous = Message & { readonly readings: readonly Reading[] }

/** One family: every message with what it is held against. */
function family<One extends Message>(
  id: string,
  clause: string,
  messages: Arbitrary<One>,
  judged: (one: One) => Pick<Vector, 'expect' | 'closedBy'>,
): Family {
  const vectors = messages.map((one) => {
    const { head, content } = one
    return { id, clause, head, content, ...judged(one) }
  })
  return { id, like: id, vectors }
}

/** The same family, whose finding is that of another one in its group: the first that shows is the finding of both. */
export function like(other: string, one: Family): Family {
  return { ...one, like: other }
}

export function served(id: string, clause: string, messages: Arbitrary<Readable>): Family {
  return family(id, clause, messages, ({ reading }) => ({
    expect: { kind: 'served', reading },
    closedBy: null,
  }))
}

/** `closes`: the sentence that demands the refusal goes on to demand the close of the connection. */
export function refused(
  id: string,
  clause: string,
  messages: Arbitrary<Message>,
  { closes }: { readonly closes?: boolean } = {},
): Family {
  return family(id, clause, messages, () => ({
    expect: { kind: 'refused' },
    closedBy: closes === true ? clause : null,
  }))
}

export function faulty(id: string, clause: string, messages: Arbitrary<Message>): Family {
  return family(id, clause, messages, () => ({ expect: { kind: 'body-fault' }, closedBy: null }))
}

/** `closedBy`: the connection must be closed afterwards, however the message was read. */
export function either(
  id: string,
  clause: string,
  messages: Arbitrary<Ambiguous>,
  { closedBy }: { readonly closedBy?: string } = {},
): Family {
  return family(id, clause, messages, ({ readings }) => ({
    expect: { kind: 'agree', readings },
    closedBy: closedBy ?? null,
  }))
}

export function message(
  requestLine: string,
  lines: readonly string[],
  content: string = '',
): Message {
  return { head: [requestLine, ...lines].map((line) => `${line}\r\n`).join(''), content }
}

export const HOST = 'Host: a'

/** Fields without any bearing on what is tested. */
const BYSTANDERS = ['Accept: */*', 'X-Plain: 1', 'User-Agent: assay']

/** A vector without the fields around the tested ones, and without the case of names; dripping it is another. */
export function caseOf({ id, head, content, dripping }: Vector): string {
  const [requestLine, ...lines] = head.split('\r\n')
  const tested = lines
    .filter((line) => line !== HOST && !BYSTANDERS.includes(line))
    .map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase()))
  const hosts = lines.filter((line) => line === HOST).length
  return JSON.stringify([id, requestLine, tested, hosts, content, dripping === true])
}

/** The tested lines at any place among Host and harmless ones; fewest neighbours first. */
function among(lines: readonly string[]): Arbitrary<readonly string[]> {
  return fc
    .tuple(fc.nat(BYSTANDERS.length), fc.nat(BYSTANDERS.length), fc.boolean())
    .map(([before, behind, hostLast]) => {
      const around = [...BYSTANDERS.slice(0, before), ...lines, ...BYSTANDERS.slice(0, behind)]
      return hostLast ? [...around, HOST] : [HOST, ...around]
    })
}

/** A POST with the tested lines somewhere in its head. */
export function post(lines: readonly string[], content: string): Arbitrary<Message> {
  return among(lines).map((all) => message('POST /vector HTTP/1.1', all, content))
}

export function get(lines: readonly string[]): Arbitrary<Message> {
  return among(lines).map((all) => message('GET /vector HTTP/1.1', all))
}

export function withReading(messages: Arbitrary<Message>, reading: Reading): Arbitrary<Readable> {
  return messages.map((one) => ({ ...one, reading }))
}

export function withReadings(
  messages: Arbitrary<Message>,
  ...readings: readonly Reading[]
): Arbitrary<Ambiguous> {
  return messages.map((one) => ({ ...one, readings }))
}

/** A field name as it is, in lower case, or in capitals. */
export function anyCase(name: string): Arbitrary<string> {
  return fc.constantFrom(name, name.toLowerCase(), name.toUpperCase())
}

/** A whole request that must never be served, for smuggling. */
export const INJECTED = 'GET /injected HTTP/1.1\r\nHost: a\r\n\r\n'

/** One chunk and the end, correctly framed. */
export function chunked(content: string): string {
  return `${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`
}
