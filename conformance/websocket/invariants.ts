import { judgeEventShape } from '../judge/event-shape.ts'
import type { Judge } from '../judge/judge.ts'
import type { AppCall } from '../testers/remote-scope.ts'
import { isBytes, isDict, isInt, type PyDict, show } from '../testers/values.ts'
import type { WebSocketExchange } from './exchange.ts'
import { payloadOf } from './message-plan.ts'
import type { ReadMessage } from './message-reader.ts'

/**
 * What holds in every WebSocket program, whatever it is about: legal order and types of the events,
 * whole messages in order in both directions, and well-formed frames.
 */
export function judgeWebSocket(exchange: WebSocketExchange, judge: Judge): void {
  judgeEvents(exchange, judge)
  judgeLifetime(exchange, judge)
  for (const { clause, expected, observed } of exchange.answered?.defects ?? []) {
    judge.check(exchange.answersFor ?? clause, false, expected, () => observed)
  }
  if (!exchange.established) return
  judgeFrames(exchange, judge)
  if (!exchange.misused) judgeDelivery(exchange, judge)
}

/** www.rst, "Websocket Connection Scope": one scope, which lives as long as the socket. */
function judgeLifetime({ app, channel, usable }: WebSocketExchange, judge: Judge): void {
  judge.check(
    'asgi/app/once-per-connection',
    channel.scopes.length === 1,
    'one scope for the connection',
    () => `${channel.scopes.length} scopes`,
  )
  if (!usable) return
  judge.check(
    'websocket/scope/lifetime',
    app.end !== 'cancelled',
    'an application that is left alone while its socket is open',
    () => 'the server cancelled it',
  )
}

/** The answered receive() calls in the order of their answers. */
function answeredReceives(calls: readonly AppCall[]): { event: PyDict; at: number }[] {
  return calls
    .filter((call) => call.kind === 'receive')
    .flatMap((call) => {
      const event = call.outcome?.value
      return isDict(event) && call.answeredAt !== null ? [{ event, at: call.answeredAt }] : []
    })
    .toSorted((a, b) => a.at - b.at)
}

/** www.rst, the receive events of WebSocket: connect first, messages after accept, disconnect last. */
function judgeEvents(exchange: WebSocketExchange, judge: Judge): void {
  const accepted = exchange.app.calls.find((call) => call.message?.['type'] === 'websocket.accept')
  let phase: 'opening' | 'open' | 'disconnected' = 'opening'
  let received = 0
  for (const { event, at } of answeredReceives(exchange.app.calls)) {
    judgeEventShape(event, 'websocket', judge)
    const type = event['type']
    if (phase === 'opening') {
      const first = type === 'websocket.connect'
      judge.check('websocket/connect/event', first, 'websocket.connect first', () => show(event))
      phase = 'open'
      if (first) continue
    }
    if (type === 'websocket.receive') {
      judge.check(
        'websocket/disconnect/event',
        phase !== 'disconnected',
        'nothing but websocket.disconnect after websocket.disconnect',
        () => show(event),
      )
      judge.check(
        'websocket/connect/no-receive-before-answer',
        accepted !== undefined && accepted.calledAt <= at,
        'no websocket.receive before the application has accepted',
        () => show(event),
      )
      judgeReceive(event, judge)
      judgeContent(event, exchange, received, judge)
      received += 1
    } else if (type === 'websocket.disconnect') {
      phase = 'disconnected'
      judgeDisconnect(event, judge)
    } else {
      const known = 'websocket.receive or websocket.disconnect'
      judge.check('websocket/receive/event', false, known, () => show(event))
    }
  }
}

function judgeReceive(event: PyDict, judge: Judge): void {
  const { bytes = null, text = null } = event
  judge.check(
    'websocket/receive/bytes',
    bytes === null || isBytes(bytes),
    'bytes is a byte string or None',
    () => show(bytes),
  )
  judge.check(
    'websocket/receive/text',
    text === null || typeof text === 'string',
    'text is a Unicode string or None',
    () => show(text),
  )
  judge.check(
    'websocket/receive/exactly-one',
    (bytes === null) !== (text === null),
    'exactly one of bytes and text that is not None',
    () => show(event),
  )
}

/** Against the message of the same rank that the client has sent. */
function judgeContent(
  event: PyDict,
  exchange: WebSocketExchange,
  rank: number,
  judge: Judge,
): void {
  const plan = exchange.sent[rank]
  if (plan === undefined) {
    judge.check(
      'websocket/receive/event',
      false,
      'no message beyond those that the client has sent in full',
      () => show(event),
    )
    return
  }
  const whole = payloadOf(plan)
  const { bytes = null, text = null } = event
  const got = isBytes(bytes)
    ? Buffer.from(bytes)
    : Buffer.from(typeof text === 'string' ? text : '')
  const kind = isBytes(bytes) ? 'binary' : 'text'
  const piece = kind === plan.kind && got.length < whole.length && isPrefix(got, whole)
  // A message that was sent whole, if at another place, came through the compression as it was.
  const sound = exchange.sent.some((other) => other.kind === kind && got.equals(payloadOf(other)))
  const clause =
    exchange.established && exchange.peer.compresses && !sound
      ? 'wire/rfc7692/transparent'
      : piece
        ? 'websocket/receive/complete-messages'
        : plan.kind === 'text'
          ? 'websocket/receive/text'
          : 'websocket/receive/bytes'
  judge.check(
    clause,
    kind === plan.kind && got.equals(whole),
    `${plan.kind} message of ${whole.length} bytes: ${show(whole, 200)}`,
    () => `${kind} message of ${got.length} bytes: ${show(got, 200)}`,
  )
}

function isPrefix(part: Buffer, whole: Buffer): boolean {
  return whole.subarray(0, part.length).equals(part)
}

function judgeDisconnect(event: PyDict, judge: Judge): void {
  const { code, reason = null } = event
  judge.check('websocket/disconnect/code', isInt(code), 'code is an int', () => show(code))
  judge.check(
    'websocket/disconnect/reason',
    reason === null || typeof reason === 'string',
    'reason, where given, is a Unicode string or None',
    () => show(reason),
  )
}

/** RFC 6455 §5: every frame of the server, as the strict reader saw it. */
function judgeFrames(exchange: WebSocketExchange, judge: Judge): void {
  const { reader } = exchange.peer
  if (reader.frames > 0) {
    for (const clause of FRAME_CLAUSES) judge.check(clause, true, '', () => '')
  }
  if (reader.close !== null) {
    for (const clause of CLOSE_CLAUSES) judge.check(clause, true, '', () => '')
  }
  if (reader.messages.some(({ kind }) => kind === 'text')) {
    judge.check('wire/rfc6455/text-utf8', true, '', () => '')
  }
  for (const { clause, expected, observed } of reader.defects) {
    judge.check(clause, false, expected, () => observed)
  }
}

const FRAME_CLAUSES = [
  'wire/rfc6455/server-frames-unmasked',
  'wire/rfc6455/length-minimal',
  'wire/rfc6455/length-msb-zero',
  'wire/rfc6455/no-interleaving',
  'wire/rfc6455/no-data-after-close',
]

const CLOSE_CLAUSES = [
  'wire/rfc6455/close-body',
  'wire/rfc6455/close-reason-utf8',
  'wire/rfc6455/codes-below-1000',
  'wire/rfc6455/reserved-codes-not-sent',
]

/** www.rst, "Send - send event": what reached the client is what the application sent, in order. */
function judgeDelivery(exchange: WebSocketExchange, judge: Judge): void {
  const given = exchange.app.calls.filter((call) => call.message?.['type'] === 'websocket.send')
  for (const [index, message] of exchange.peer.reader.messages.entries()) {
    const { bytes = null, text = null } = given[index]?.message ?? {}
    const whole =
      bytes instanceof Uint8Array
        ? Buffer.from(bytes)
        : typeof text === 'string'
          ? Buffer.from(text, 'utf8')
          : null
    const kind = bytes === null ? 'text' : 'binary'
    const held = judge.check(
      kind === 'text' ? 'websocket/send/text' : 'websocket/send/bytes',
      whole !== null && message.kind === kind && message.content.equals(whole),
      whole === null ? 'no further message' : `${kind} message ${show(whole, 200)}`,
      () => describe(message),
    )
    // Where a message was left out, those behind it are not the ones that are missing.
    if (!held) return
  }
}

function describe({ kind, content, compressed }: ReadMessage): string {
  const how = compressed ? ' (it came compressed)' : ''
  return `${kind} message of ${content.length} bytes${how}: ${show(content, 200)}`
}
