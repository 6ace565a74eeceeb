import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/websocket.ts'
import { binary } from '../../testers/exchange.ts'
import { Silence } from '../../testers/patience.ts'
import type { WireResponse } from '../../testers/response-reader.ts'
import { claims } from '../../testers/spec-version.ts'
import type { Trial } from '../../testers/trial.ts'
import { isDict, type Message, type PyDict, show } from '../../testers/values.ts'
import { describeAnswer, type WebSocketExchange } from '../../websocket/exchange.ts'
import { plainMessage } from '../../websocket/message-plan.ts'
import { establish, openWebSocket } from '../../websocket/open.ts'
import { offers } from '../extension/announced.ts'
import { exchangeProperty, type Property } from '../property.ts'

const RETURNED = 'websocket/scope/app-end-closes-socket'
const RAISED = 'asgi/error/app-exception-terminates'
const DISCONNECT = 'websocket/disconnect/after-close'
const ENDED = 'wire/rfc6455/tcp-closed-by-server'
const SEND = 'asgi/send/returns'

/** What becomes of empty ones is another law's. */
const SAID = arbitrary.saying.filter(({ content }) => content.length > 0)

/** www.rst, "Close - send event", and what happens when the application just ends. */
export const serverEnd: readonly Property[] = [
  exchangeProperty({
    id: 'websocket/close/code',
    law: 'websocket.close closes the connection with its code and reason, 1000 by default',
    clauses: [
      'websocket/close/code',
      'websocket/close/code-default',
      'websocket/close/reason',
      DISCONNECT,
      ENDED,
      SEND,
      'asgi/error/additional-keys-accepted',
    ],
    needs: ['websocket'],
    program: fc.record({
      sayings: fc.array(SAID, { maxLength: 2 }),
      /** Each message has a key that no version defines. */
      extended: fc.boolean(),
      code: fc.option(
        arbitrary.closeCode.filter((code) => code !== 1002 && code !== 1007),
        { nil: null },
      ),
      /** `{ text: null }` is the key with None; null is no key. */
      given: fc.option(fc.record({ text: fc.option(arbitrary.closeReason, { nil: null }) }), {
        nil: null,
      }),
      /** What the client does about the Close. */
      client: fc.constantFrom('answers', 'answers', 'ends', 'resets'),
    }),
    families: {
      names: ['no code', 'normal', 'defined', "the application's own"],
      of: ({ code }) => familyOfCode(code),
      // It is waited for whatever code it has.
      alike: [SEND],
    },
    async run(trial, { sayings, extended, code, given, client }) {
      const reason = given?.text
      const exchange = await establish(trial)
      for (const saying of sayings) {
        const message = arbitrary.sendMessage(saying)
        const { raised } = await exchange.send(extended ? { ...message, 'x-note': 1 } : message)
        if (!extended) continue
        trial.check(
          'asgi/error/additional-keys-accepted',
          raised === null,
          'no exception for a key that is not defined',
          () => raised?.chain.join(' < ') ?? '',
        )
      }
      // A server may wait in send() until the client has answered.
      const closing = exchange.send({
        type: 'websocket.close',
        ...(code === null ? {} : { code }),
        ...(reason === undefined ? {} : { reason }),
      })
      const clause = code === null ? 'websocket/close/code-default' : 'websocket/close/code'
      const judged = closing.then(({ raised }) => {
        // Before 2.3 reason is an additional key, which is no reason to raise (asgi.rst, "Error Handling").
        if (reason === undefined || claims(exchange.scope, '2.3') || !forAnybody(code)) return
        trial.check(
          'asgi/error/additional-keys-accepted',
          raised === null,
          'no exception for a key that a later version defines',
          () => raised?.chain.join(' < ') ?? '',
        )
      })
      const refused = closing.then(({ raised }) => (raised === null ? exchange.over(clause) : null))
      for (const pending of [judged, refused]) pending.catch(() => undefined)
      await Promise.race([exchange.over(clause), refused])
      judgeCloseFrame(trial, exchange, code, reason ?? '')
      if (!exchange.peer.over) return await judged
      const { wire } = exchange.channel
      if (client === 'answers') {
        exchange.answerClose()
        await exchange.closed(ENDED)
        trial.check(ENDED, true, '', () => '')
      } else if (client === 'ends') wire.end()
      else wire.reset()
      await judged
      const { raised: ended } = await closing
      if (ended?.chain.includes('CancelledError') === true) {
        // However long the server has waited for it: the connection was closed before.
        const expected = 'the return of send()'
        trial.check(SEND, false, expected, () => 'the application cancelled while it waits')
        return
      }
      const event = await exchange.receive(DISCONNECT)
      judgeDisconnect(trial, event)
    },
  }),
  exchangeProperty({
    id: 'websocket/disconnect/after-denial',
    law: 'a receive() after the application has denied the connection yields websocket.disconnect, and does not raise',
    clauses: [
      'websocket/disconnect/after-denial',
      'websocket/disconnect/event',
      'websocket/disconnect/code',
      'websocket/close/before-accept-403',
    ],
    needs: ['websocket'],
    caseOf: ({ asks, waiting }) => `${asks} ${waiting}`,
    program: fc.record({ asks: fc.boolean(), waiting: fc.boolean() }),
    async run(trial, { asks, waiting }) {
      const exchange = await openWebSocket(trial)
      if (asks) await exchange.connect()
      const early = asks && waiting ? exchange.app.receive() : null
      const { raised } = await exchange.send({ type: 'websocket.close' })
      const forbidden = 'websocket/close/before-accept-403'
      const judgeAnswer = (response: WireResponse | null): void => {
        const held = raised === null && response?.status === 403
        trial.check(forbidden, held, 'status 403', () =>
          raised === null ? describeAnswer(response) : raised.chain.join(' < '),
        )
      }
      // Some servers answer only when the application has returned: the event is owed to it before.
      let silent = false
      await exchange.response(forbidden).then(judgeAnswer, (error: unknown) => {
        if (!(error instanceof Silence)) throw error
        silent = true
      })
      const events = [...(asks ? [] : [exchange.app.receive()]), early ?? exchange.app.receive()]
      const last = events.at(-1)
      if (last === undefined) return
      // A server may keep the connection for further requests: it ends at the latest with its client.
      if (!(await trial.iut.cameWithinQuiet(last))) {
        exchange.misused = true
        exchange.channel.wire.reset()
      }
      const denied = 'websocket/disconnect/after-denial'
      const outcome = await trial.iut.within(last, denied, 'an event from receive()')
      trial.check(denied, true, '', String)
      trial.check(
        'websocket/disconnect/event',
        outcome.raised === null &&
          isDict(outcome.value) &&
          outcome.value['type'] === 'websocket.disconnect',
        'websocket.disconnect',
        () => outcome.raised?.chain.join(' < ') ?? show(outcome.value),
      )
      if (!silent || !exchange.usable) return
      await exchange.app.return()
      judgeAnswer(await exchange.response(forbidden))
    },
  }),
  exchangeProperty({
    id: 'wire/rfc6455/clean-close',
    law: 'the Close of the server reaches its client, one that is still sending too, and the connection ends without a reset',
    clauses: ['wire/rfc6455/clean-close', RETURNED],
    needs: ['websocket'],
    enough: 10,
    program: fc.record({
      /** A server that resets whatever has come in shows it without any. */
      messages: fc.constantFrom(0, 16, 64),
      size: fc.constantFrom(4_096, 65_536),
    }),
    async run(trial, { messages, size }) {
      const clause = 'wire/rfc6455/clean-close'
      const exchange = await establish(trial)
      const message = plainMessage('binary', 'm'.repeat(size))
      exchange.say(Array.from({ length: messages }, () => message))
      await trial.iut.settle()
      void exchange.app.send({ type: 'websocket.close' })
      await exchange.over(clause)
      const { close } = exchange.peer.reader
      trial.check(clause, close !== null, 'a Close frame', () => 'the end of TCP without one')
      exchange.answerClose()
      const answered = performance.now()
      const { wire } = exchange.channel
      // A server that reads no more than the application asks for has not received the answer: at the latest with
      // the application the socket should be closed.
      if (!(await trial.iut.cameWithinQuiet(wire.closed, PERIODS))) await exchange.app.return()
      await exchange.closed(RETURNED)
      if (wire.closing !== 'fin' && performance.now() - answered > GIVEN_UP_MS)
        trial.judge.doubt(
          clause,
          'the server may have given up waiting for the Close of the client',
        )
      else
        trial.check(clause, wire.closing === 'fin', 'FIN', () =>
          close === null
            ? String(wire.closing)
            : `${wire.closing}, when the client had received the Close and answered it`,
        )
    },
  }),
  exchangeProperty({
    id: RETURNED,
    law: 'an application that ends without closing leaves no client on an open connection',
    clauses: [RETURNED, RAISED, 'wire/rfc9112/self-delimited'],
    needs: ['websocket'],
    enough: 40,
    program: fc.record({
      progress: fc.constantFrom(
        'at once',
        'after connect',
        'after accept',
        'after a message',
        'within a denial',
      ),
      how: fc.constantFrom('return', 'RuntimeError', 'ValueError', 'OSError'),
    }),
    // What a server can get wrong comes first, one program of each: slow ones are not asked for many.
    caseOf: ({ progress, how }) => `${stageOf(progress)} ${how === 'return'}`,
    families: {
      names: ['returns before the accept', 'raises before the accept', 'returns', 'raises'],
      of: ({ progress, how }) =>
        `${how === 'return' ? 'returns' : 'raises'}${isAccepted(progress) ? '' : ' before the accept'}`,
    },
    async run(trial, { progress, how }) {
      const exchange = await openWebSocket(trial)
      if (progress !== 'at once') await exchange.connect()
      const accepts = isAccepted(progress)
      if (accepts) await exchange.accept()
      if (progress === 'after a message') await exchange.send(TEXT)
      let denies = progress === 'within a denial' && offers(exchange.scope, DENIAL)
      if (denies)
        for (const message of HALF_DENIED) denies &&= (await exchange.send(message)).raised === null
      if (how === 'return') await exchange.app.return()
      else if (how === 'OSError') await exchange.app.raise('OSError')
      else await exchange.app.raise(how === 'ValueError' ? 'ValueError' : 'RuntimeError')
      const clause = how === 'return' ? RETURNED : RAISED
      if (denies) {
        exchange.misused = true
        await exchange.closed(clause)
        trial.check(clause, true, '', () => '')
      } else if (accepts) {
        await exchange.leave(clause)
        await exchange.closed(clause)
        trial.check(clause, true, '', () => '')
      } else {
        const response = await answerInTheEnd(exchange, clause)
        trial.check(clause, response?.status !== 101, 'no 101', () => describeAnswer(response))
        if (response === null || response.status === 101) return
        trial.check(
          'wire/rfc9112/self-delimited',
          response.framing !== 'close',
          'a length or the chunked coding in the error response',
          () => 'a response that ends with the connection',
        )
      }
    },
  }),
]

/**
 * "The socket should be closed" names no time: a server may leave that to the time-out of its handshakes, which is
 * 5 s by default with daphne.
 */
async function answerInTheEnd(
  exchange: WebSocketExchange,
  clause: string,
): Promise<WireResponse | null> {
  for (let patience = 1; patience < PATIENCES; patience += 1) {
    try {
      return await exchange.response(clause)
    } catch (error) {
      if (!(error instanceof Silence)) throw error
    }
  }
  return await exchange.response(clause)
}

/** Each of them is some seconds. */
const PATIENCES = 3

function stageOf(progress: string): string {
  return progress === 'within a denial' ? progress : String(isAccepted(progress))
}

function isAccepted(progress: string): boolean {
  return progress === 'after accept' || progress === 'after a message'
}

/** Quiet periods in which a server that has received the Close has closed the connection. */
const PERIODS = 20

const DENIAL = 'websocket.http.response'

/** A denial whose content is to go on. */
const HALF_DENIED: readonly Message[] = [
  { type: `${DENIAL}.start`, status: 403, headers: [] },
  { type: `${DENIAL}.body`, body: binary('half'), more_body: true },
]

const TEXT = { type: 'websocket.send', text: 'one' }

/** RFC 6455 §7.4: servers that guard against some codes do so by these ranges. */
function familyOfCode(code: number | null): string {
  if (code === null) return 'no code'
  if (code === 1000) return 'normal'
  return code < 3000 ? 'defined' : "the application's own"
}

/** Codes with which any endpoint may close (RFC 6455 §7.4): one that raises for others has them in mind, not the key. */
function forAnybody(code: number | null): boolean {
  return code === null || code === 1000 || code >= 3000
}

function judgeCloseFrame(
  trial: Trial,
  exchange: WebSocketExchange,
  code: number | null,
  reason: string,
): void {
  const { close } = exchange.peer.reader
  const clause = code === null ? 'websocket/close/code-default' : 'websocket/close/code'
  const expected = code ?? 1000
  trial.check(clause, close?.code === expected, `a Close with code ${expected}`, () =>
    close === null ? 'no Close frame' : `code ${close.code}`,
  )
  if (close === null || !claims(exchange.scope, '2.3')) return
  trial.check('websocket/close/reason', close.reason === reason, show(reason), () =>
    show(close.reason),
  )
}

/** www.rst: the event comes too when it was the server that closed. */
function judgeDisconnect(trial: Trial, event: PyDict): void {
  trial.check(DISCONNECT, event['type'] === 'websocket.disconnect', 'websocket.disconnect', () =>
    show(event),
  )
}

/** A server that has not come to the Close of its client by then may reset the connection. */
const GIVEN_UP_MS = 1500
