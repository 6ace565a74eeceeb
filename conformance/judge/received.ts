import type { Exchange } from '../testers/exchange.ts'
import type { AppCall } from '../testers/remote-scope.ts'
import { isBytes, isDict, type PyDict, show } from '../testers/values.ts'
import { judgeEventShape } from './event-shape.ts'
import type { Judge } from './judge.ts'

/** www.rst, "Request - receive event" and "Disconnect - receive event": the app-side half. */
export function judgeReceived(exchange: Exchange, judge: Judge): void {
  const parts: Uint8Array[] = []
  let phase: 'body' | 'complete' | 'disconnected' = 'body'
  for (const event of received(exchange.app.calls)) {
    judgeEvent(event, judge)
    if (event['type'] === 'http.request') {
      judge.check(
        'http/receive/more-body',
        phase === 'body',
        `no http.request after the request was ${phase}`,
        () => show(event),
      )
      judgeRequestTypes(event, judge)
      if (isBytes(event['body'])) parts.push(event['body'])
      if (event['more_body'] !== true && phase === 'body') phase = 'complete'
    } else phase = 'disconnected'
  }
  const content = Buffer.concat(parts)
  if (parts.length > 0) judgeContent(exchange, content, judge)
  if (phase === 'complete') judgeCompletion(exchange, content, judge)
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

/** www.rst: the two events of HTTP. */
function judgeEvent(event: PyDict, judge: Judge): void {
  judgeEventShape(event, 'http', judge)
  const type = event['type']
  const clause =
    type === 'http.disconnect' ? 'http/receive/disconnect-event' : 'http/receive/request-event'
  judge.check(
    clause,
    type === 'http.request' || type === 'http.disconnect',
    'http.request or http.disconnect',
    () => show(event),
  )
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
  const { sent, request } = exchange
  const prefix = sent.subarray(0, content.length).equals(content)
  const expected = `the content as sent: ${show(sent)}`
  judge.check('http/receive/body-bytes', prefix, expected, () => show(content))
  if (request.body.framing !== 'chunked') return
  judge.check('http/receive/chunked-handled', prefix, expected, () => show(content))
  judge.check('http/receive/chunk-contents-only', prefix, expected, () => show(content))
}

function judgeCompletion(exchange: Exchange, content: Buffer, judge: Judge): void {
  if (!exchange.requestComplete) {
    judge.check(
      exchange.request.version === '2'
        ? 'http/receive/more-body'
        : 'wire/rfc9112/incomplete-body-no-completion',
      false,
      'no complete request while content is missing',
      () => `more_body false after ${content.length} bytes`,
    )
    return
  }
  const whole = content.equals(exchange.sent)
  const expected = `more_body false only after all ${exchange.sent.length} bytes`
  const observed = (): string => `${content.length} bytes: ${show(content)}`
  judge.check('http/receive/more-body', whole, expected, observed)
  judge.check('http/receive/body-concatenation', whole, expected, observed)
}
