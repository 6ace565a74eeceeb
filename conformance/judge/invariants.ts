import type { Channel } from '../testers/channel.ts'
import type { Exchange } from '../testers/exchange.ts'
import type { AppCall } from '../testers/remote-scope.ts'
import type { WireResponse } from '../testers/response-reader.ts'
import { isDict, isInt, type Message, type PyDict, type PyValue, show } from '../testers/values.ts'
import type { Judge } from './judge.ts'
import { judgeReceived } from './received.ts'

/**
 * What holds in every HTTP program, whatever it is about (DESIGN.md §4): legal order and types of the
 * events, content bytes as sent, and a response on the wire that says what the application said.
 */
export function judgeExchange(exchange: Exchange, judge: Judge): void {
  judgeReceived(exchange, judge)
  const response = exchange.answered
  if (response === undefined || response === null) return
  judgeFraming(exchange, response, judge)
  if (!exchange.misused && !exchange.clientLeft) judgeAgreement(exchange, response, judge)
}

const ENCRYPTED = 'tls/extension/only-over-tls'

/** tls.rst, "When to use this extension": whatever a proxy says of the connection before it. */
export function judgeScopes({ wire, scopes }: Channel, judge: Judge): void {
  if (wire.tls !== null) return
  for (const { scope } of scopes) {
    const told = tlsExtensionOf(scope)
    if (told !== undefined) judge.check(ENCRYPTED, false, 'no tls extension', () => show(told))
  }
}

/** What a scope tells of the encryption of its connection; undefined: nothing. */
export function tlsExtensionOf({ extensions }: PyDict): PyValue | undefined {
  return isDict(extensions) ? extensions['tls'] : undefined
}

/** RFC 9113 §8: what each response over HTTP/2 keeps, unless a defect says otherwise. */
const FRAMING_CLAUSES = [
  'wire/rfc9113/response-framing',
  'wire/rfc9113/status-pseudo-header',
  'wire/rfc9113/names-lowercase',
]

function judgeFraming({ answersFor }: Exchange, response: WireResponse, judge: Judge): void {
  for (const { clause, expected, observed } of response.defects)
    judge.check(answersFor ?? clause, false, expected, () => observed)
  if (response.framing === 'frames') {
    for (const clause of FRAMING_CLAUSES) judge.check(clause, true, '', () => '')
    return
  }
  judge.check(
    'wire/rfc9112/status-line',
    response.status > 0,
    'a status line',
    () => response.version,
  )
  if (answersFor === null) for (const clause of HELD_BY_ALL) judge.check(clause, true, '', () => '')
  if (response.framing !== 'none') judge.check('wire/rfc9112/message-framing', true, '', () => '')
  if (response.framing === 'chunked') {
    judgeChunks(answersFor === null ? response.defects : [], judge)
    for (const clause of HELD_BY_CHUNKED) judge.check(clause, true, '', () => '')
  }
  if (response.status === 204)
    for (const clause of HELD_BY_204) judge.check(clause, true, '', () => '')
}

/** What the strict reader looks for: its defects are judged above, their absence here. */
const HELD_BY_ALL = [
  'wire/rfc9112/field-syntax',
  'wire/rfc9112/no-bare-cr-sent',
  'wire/rfc9112/no-obs-fold-sent',
]
const HELD_BY_CHUNKED = [
  'http/send/chunked-without-content-length',
  'wire/rfc9112/chunked-once',
  'wire/rfc9112/no-content-length-beside-te',
]
const HELD_BY_204 = [
  'wire/rfc9110/no-content-length-in-204',
  'wire/rfc9112/no-transfer-encoding-in-204-1xx',
]

/** www.rst, "HTTP Connection Scope": chunks are the server's own work, and not the application's. */
function judgeChunks(defects: WireResponse['defects'], judge: Judge): void {
  const broken = defects.find((defect) => defect.clause === 'wire/rfc9112/message-framing')
  judge.check(
    'http/send/chunking-handled',
    broken === undefined,
    broken?.expected ?? 'content in chunks',
    () => broken?.observed ?? '',
  )
}

/** What the application said, as far as every one of its send() calls was accepted. */
interface Said {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly content: Buffer
}

function said(calls: readonly AppCall[]): Said | null {
  const messages: Message[] = []
  for (const call of calls) {
    if (call.kind !== 'send' || call.message === null) continue
    if (call.outcome === null || call.outcome.raised !== null) return null
    messages.push(call.message)
  }
  const [start, ...rest] = messages
  if (start?.['type'] !== 'http.response.start' || !isInt(asStatus(start['status']))) return null
  const parts: Uint8Array[] = []
  for (const message of rest) {
    if (message['type'] !== 'http.response.body') return null
    if (message['body'] instanceof Uint8Array) parts.push(message['body'])
    // www.rst, "Response Body": what comes behind the completed response is ignored.
    if (message['more_body'] !== true) {
      const content = Buffer.concat(parts)
      return { status: asStatus(start['status']), headers: headersOf(start), content }
    }
  }
  return null
}

function asStatus(value: Message[string] | undefined): number {
  return typeof value === 'number' ? value : Number.NaN
}

function headersOf(start: Message): (readonly [string, string])[] {
  const headers = start['headers']
  if (!Array.isArray(headers)) return []
  return headers.map((pair: unknown) => {
    const [name, value] = Array.isArray(pair) ? (pair as unknown[]) : []
    return [text(name).toLowerCase(), text(value)] as const
  })
}

function text(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)
}

/** Fields that the server itself answers for: framing, the connection, its own name and clock. */
const SERVERS_OWN = new Set([
  'transfer-encoding',
  'content-length',
  'connection',
  'keep-alive',
  'date',
  'server',
])

/** www.rst, "Response Start" and "Response Body": the wire carries what was given to send(). */
function judgeAgreement(exchange: Exchange, response: WireResponse, judge: Judge): void {
  const app = said(exchange.app.calls)
  if (app === null) return
  const wire = response.headers.map(([name, value]) => [name.toLowerCase(), value] as const)
  const given = app.headers.filter(([name]) => !SERVERS_OWN.has(name))
  const names = new Set(given.map(([name]) => name))
  const kept = wire.filter(([name]) => names.has(name))
  judge.check(
    'http/send/start-status',
    response.status === app.status,
    `status ${app.status}`,
    () => `status ${response.status}`,
  )
  judge.check(
    'http/send/headers-in-order',
    sameHeaders(kept, given),
    `headers ${showHeaders(given)}`,
    () => showHeaders(kept),
  )
  judgeNamed('set-cookie', 'http/send/set-cookie-separate', kept, given, judge)
  const cookies = given.filter(([name]) => name === 'set-cookie').length
  if (cookies > 1) {
    const kinds = kept.filter(([name]) => name === 'set-cookie').length
    judge.check(
      'http/send/set-cookie-repeated',
      kinds === cookies,
      `${cookies} Set-Cookie fields`,
      () => `${kinds}`,
    )
  }
  judgeNamed('content-encoding', 'http/send/content-encoding-kept', kept, given, judge)
  if (!bodyForbidden(exchange.request.method, app.status)) {
    judge.check(
      'http/send/trailers-default',
      response.complete,
      'a response that ends with its body',
      () => 'an incomplete response',
    )
    const whole = response.complete && response.body.equals(app.content)
    judge.check(
      'http/send/body-concatenated',
      whole,
      `content ${show(app.content)}`,
      () => `${response.complete ? '' : 'incomplete: '}${show(response.body)}`,
    )
  }
}

/** Clauses that single out one field of the response. */
function judgeNamed(
  name: string,
  clause: string,
  kept: readonly (readonly [string, string])[],
  given: readonly (readonly [string, string])[],
  judge: Judge,
): void {
  const expected = given.filter(([other]) => other === name)
  if (expected.length === 0) return
  const observed = kept.filter(([other]) => other === name)
  judge.check(clause, sameHeaders(observed, expected), showHeaders(expected), () =>
    showHeaders(observed),
  )
}

function sameHeaders(
  a: readonly (readonly [string, string])[],
  b: readonly (readonly [string, string])[],
): boolean {
  return (
    a.length === b.length &&
    a.every(([name, value], i) => name === b[i]?.[0] && value === b[i]?.[1])
  )
}

function showHeaders(headers: readonly (readonly [string, string])[]): string {
  return `[${headers.map(([name, value]) => JSON.stringify(`${name}: ${value}`)).join(', ')}]`
}

function bodyForbidden(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304 || (status >= 100 && status < 200)
}
