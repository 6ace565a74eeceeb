import type { Exchange } from '../testers/exchange.ts'
import type { AppCall } from '../testers/remote-scope.ts'
import { type WireResponse } from '../testers/response-reader.ts'
import { isBytes, isDict, isInt, type Message, type PyDict, show } from '../testers/values.ts'
import type { Judge } from './judge.ts'

/**
 * What holds in every HTTP program, whatever it is about (DESIGN.md §4): legal order and types of the
 * events, content bytes as sent, and a response on the wire that says what the application said.
 */
export function judgeExchange(exchange: Exchange, judge: Judge): void {
  judgeReceived(exchange, judge)
  const response = exchange.answered
  if (response === undefined || response === null) return
  judgeFraming(response, judge)
  if (!exchange.misused && !exchange.clientLeft) judgeAgreement(exchange, response, judge)
}

function received(calls: readonly AppCall[]): PyDict[] {
  const events: PyDict[] = []
  const answered = calls.filter((call) => call.kind === 'receive' && call.answeredAt !== null)
  for (const call of answered.toSorted((a, b) => (a.answeredAt ?? 0) - (b.answeredAt ?? 0))) {
    const event = call.outcome?.value
    if (isDict(event)) events.push(event)
  }
  return events
}

/** www.rst, "Request - receive event" and "Disconnect - receive event". */
function judgeReceived(exchange: Exchange, judge: Judge): void {
  const parts: Uint8Array[] = []
  let phase: 'body' | 'complete' | 'disconnected' = 'body'
  for (const event of received(exchange.app.calls)) {
    const type = event['type']
    if (type === 'http.request') {
      judge.check(
        'http/receive/more-body',
        phase === 'body',
        `no http.request after the request was ${phase}`,
        () => show(event),
      )
      judgeRequestTypes(event, judge)
      if (isBytes(event['body'])) parts.push(event['body'])
      if (event['more_body'] !== true && phase === 'body') phase = 'complete'
    } else if (type === 'http.disconnect') phase = 'disconnected'
    else
      judge.check('http/receive/request-event', false, 'http.request or http.disconnect', () =>
        show(event),
      )
  }
  const content = Buffer.concat(parts)
  if (parts.length > 0) judgeContent(exchange, content, judge)
  if (phase === 'complete') judgeCompletion(exchange, content, judge)
}

function judgeRequestTypes(event: PyDict, judge: Judge): void {
  const { body, more_body: more } = event
  judge.check(
    'asgi/types/strings-and-bytes',
    body === undefined || isBytes(body),
    'body is a byte string',
    () => show(body),
  )
  judge.check(
    'http/receive/more-body',
    more === undefined || typeof more === 'boolean',
    'more_body is a bool',
    () => show(more),
  )
}

function judgeContent(exchange: Exchange, content: Buffer, judge: Judge): void {
  const sent = exchange.sent
  const prefix = sent.subarray(0, content.length).equals(content)
  judge.check('http/receive/body-bytes', prefix, `the content as sent: ${show(sent)}`, () =>
    show(content),
  )
}

function judgeCompletion(exchange: Exchange, content: Buffer, judge: Judge): void {
  if (exchange.requestComplete) {
    judge.check(
      'http/receive/more-body',
      content.equals(exchange.sent),
      `more_body false only after all ${exchange.sent.length} bytes`,
      () => `${content.length} bytes: ${show(content)}`,
    )
  } else {
    judge.check(
      'wire/rfc9112/incomplete-body-no-completion',
      false,
      'no complete request while content is missing',
      () => `more_body false after ${content.length} bytes`,
    )
  }
}

function judgeFraming(response: WireResponse, judge: Judge): void {
  for (const defect of response.defects)
    judge.check(defect.clause, false, defect.expected, () => defect.observed)
  judge.check(
    'wire/rfc9112/status-line',
    response.status > 0,
    'a status line',
    () => response.version,
  )
  judge.check('wire/rfc9112/field-syntax', true, '', () => '')
  if (response.framing !== 'none') judge.check('wire/rfc9112/message-framing', true, '', () => '')
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
  }
  const last = rest.at(-1)
  if (last === undefined || last['more_body'] === true) return null
  return {
    status: asStatus(start['status']),
    headers: headersOf(start),
    content: Buffer.concat(parts),
  }
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
  if (!bodyForbidden(exchange.request.method, app.status)) {
    const whole = response.complete && response.body.equals(app.content)
    judge.check(
      'http/send/body-concatenated',
      whole,
      `content ${show(app.content)}`,
      () => `${response.complete ? '' : 'incomplete: '}${show(response.body)}`,
    )
  }
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

export function bodyForbidden(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304 || (status >= 100 && status < 200)
}
