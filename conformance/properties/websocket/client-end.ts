import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/websocket.ts'
import type { Trial } from '../../testers/trial.ts'
import { isInt, type PyDict, show } from '../../testers/values.ts'
import { closeBody } from '../../websocket/close.ts'
import type { WebSocketExchange } from '../../websocket/exchange.ts'
import type { SentFrame } from '../../websocket/frame.ts'
import { closeFrame, framesOf, type MessagePlan } from '../../websocket/message-plan.ts'
import { establish } from '../../websocket/open.ts'
import { ENDING_ALIKE, exchangeProperty, type Property } from '../property.ts'

/** Quiet periods within which it is practical to answer a Close. */
const SOON = 20

const DISCONNECT = 'websocket/disconnect/any-cause'

/** www.rst, "Disconnect - receive event": how the application learns that the client has gone. */
export const clientEnd: readonly Property[] = [
  exchangeProperty({
    id: 'websocket/disconnect/code',
    beyondTcp: ENDING_ALIKE,
    law: 'after its messages, a Close of the client reaches the application with its code and reason',
    clauses: [
      'websocket/disconnect/event',
      'websocket/disconnect/code',
      'websocket/disconnect/code-1005',
      'websocket/disconnect/reason',
      DISCONNECT,
      'wire/rfc6455/close-reason',
    ],
    needs: ['websocket'],
    program: fc.record({
      messages: fc.array(arbitrary.smallMessage, { maxLength: 2 }),
      code: fc.option(arbitrary.closeCode, { nil: null, freq: 4 }),
      reason: arbitrary.closeReason,
      again: fc.boolean(),
    }),
    async run(trial, { messages, code, reason, again }) {
      const exchange = await establish(trial)
      exchange.say(messages)
      exchange.peer.write(closeFrame(closeBody(code, code === null ? '' : reason)))
      const events = await exchange.receiveAll(messages.length + 1, DISCONNECT)
      const last = events.at(-1) ?? {}
      if (judgeDisconnect(trial, last)) judgeClose(trial, last, code, reason)
      // Whether it then waits, raises or says so again is the server's choice; a message it must not be.
      if (again) await trial.iut.cameWithinQuiet(exchange.app.receive())
    },
  }),
  exchangeProperty({
    id: 'websocket/receive/before-close',
    beyondTcp: ENDING_ALIKE,
    law: 'messages that arrived before the Close are still received, however late the application asks',
    clauses: ['websocket/receive/event', 'websocket/disconnect/event'],
    needs: ['websocket'],
    program: fc.record({
      messages: fc.array(arbitrary.smallMessage, { minLength: 1, maxLength: 3 }),
      code: fc.option(arbitrary.closeCode, { nil: null }),
    }),
    async run(trial, { messages, code }) {
      const exchange = await establish(trial)
      exchange.say(messages)
      exchange.peer.write(closeFrame(closeBody(code, '')))
      await trial.iut.cameWithinQuiet(exchange.channel.wire.closed)
      if (!(await judgeMessages(trial, exchange, messages.length))) return
      const event = await exchange.receive('websocket/disconnect/event')
      trial.check(
        'websocket/disconnect/event',
        event['type'] === 'websocket.disconnect',
        'websocket.disconnect',
        () => show(event),
      )
    },
  }),
  exchangeProperty({
    id: 'wire/rfc6455/close-answered',
    beyondTcp: ENDING_ALIKE,
    law: 'a Close of the client, after or within a message, is answered with a Close, and then the server ends the TCP connection',
    clauses: [
      'wire/rfc6455/close-answered',
      'wire/rfc6455/close-answered-soon',
      'wire/rfc6455/tcp-closed-by-server',
      'wire/rfc6455/clean-close',
    ],
    needs: ['websocket'],
    program: fc.record({
      code: fc.option(arbitrary.closeCode, { nil: null }),
      reason: arbitrary.closeReason,
      /** Its end will not come, which some take for an error of their own code: that is a Close, too. */
      begun: fc.option(arbitrary.smallMessage, { nil: null }),
      returns: fc.boolean(),
    }),
    families: {
      names: ['the application goes on', 'the application returns'],
      of: ({ returns }) => `the application ${returns ? 'returns' : 'goes on'}`,
      // Up to these it has not returned.
      alike: ['wire/rfc6455/close-answered-soon', 'wire/rfc6455/close-answered'],
    },
    async run(trial, { code, reason, begun, returns }) {
      const exchange = await establish(trial)
      // A server that reads no more than the application asks for has not received the Close otherwise.
      void exchange.app.receive()
      const fragments = begun === null ? [] : unfinished(begun)
      exchange.peer.write(...fragments, closeFrame(closeBody(code, code === null ? '' : reason)))
      const { peer } = exchange
      const soon = await trial.iut.cameWithinQuiet(
        peer.until(() => peer.over),
        SOON,
      )
      trial.check(
        'wire/rfc6455/close-answered-soon',
        soon,
        'a Close frame while the application goes on',
        () => 'none until the application has returned',
      )
      if (!soon) await exchange.app.return()
      await exchange.over('wire/rfc6455/close-answered')
      trial.check(
        'wire/rfc6455/close-answered',
        peer.reader.close !== null,
        'a Close frame',
        () => 'the end of the TCP connection without one',
      )
      // Once it has heard of the end an application returns, at the latest then nothing is left to wait for.
      if (soon && returns) await exchange.app.return()
      await exchange.closed('wire/rfc6455/tcp-closed-by-server')
      trial.check('wire/rfc6455/tcp-closed-by-server', true, '', () => '')
      const { closing } = exchange.channel.wire
      trial.check('wire/rfc6455/clean-close', closing === 'fin', 'FIN', () => String(closing))
    },
  }),
  exchangeProperty({
    id: 'wire/rfc6455/close-code-1006',
    beyondTcp: ENDING_ALIKE,
    law: 'a connection that is lost without a Close reaches the application as 1006, its unfinished message never',
    clauses: [
      DISCONNECT,
      'websocket/disconnect/event',
      'websocket/disconnect/code',
      'websocket/receive/event',
      'wire/rfc6455/close-code-1006',
    ],
    needs: ['websocket'],
    program: fc.record({
      messages: fc.array(arbitrary.smallMessage, { maxLength: 2 }),
      begun: fc.option(arbitrary.smallMessage, { nil: null }),
      loss: fc.constantFrom('half-close', 'close', 'reset'),
      listening: fc.boolean(),
      /** The application asks for its messages only when the client has left. */
      late: fc.boolean(),
    }),
    // A server that does not see one kind of loss is silent about it: the others are tried before it is asked again.
    caseOf: ({ loss, listening, late }) => `${loss} ${listening} ${late}`,
    async run(trial, { messages, begun, loss, listening, late }) {
      const exchange = await establish(trial)
      exchange.say(messages)
      // A reset may take away what the server has not read.
      const unread = late && loss !== 'reset'
      if (!unread) await judgeMessages(trial, exchange, messages.length)
      if (begun !== null) exchange.peer.write(...unfinished(begun))
      const waiting = listening && !unread ? exchange.receive(DISCONNECT) : null
      await trial.iut.settle()
      lose(exchange, loss)
      if (unread) {
        await trial.iut.settle()
        await judgeMessages(trial, exchange, messages.length)
      }
      const event = await (waiting ?? exchange.receive(DISCONNECT))
      if (!judgeDisconnect(trial, event)) return
      // A client that has only ended its half has not closed the connection yet (RFC 6455 §7.1.4).
      if (loss === 'half-close') return
      const { code } = event
      trial.check('wire/rfc6455/close-code-1006', code === 1006, '1006', () => show(code))
    },
  }),
]

/** So many messages that were sent before the client left. */
async function judgeMessages(
  trial: Trial,
  exchange: WebSocketExchange,
  count: number,
): Promise<boolean> {
  const clause = 'websocket/receive/event'
  for (let rank = 1; rank <= count; rank += 1) {
    const event = await exchange.receive(clause)
    const held = trial.check(
      clause,
      event['type'] === 'websocket.receive',
      `message ${rank} of ${count}, sent before the client left`,
      () => show(event),
    )
    if (!held) return false
  }
  return true
}

/** The fragments of a message but for its end. */
function unfinished(plan: MessagePlan): SentFrame[] {
  return framesOf(plan).map((frame) => ({ ...frame, fin: false }))
}

function judgeDisconnect(trial: Trial, event: PyDict): boolean {
  const held = event['type'] === 'websocket.disconnect'
  trial.check('websocket/disconnect/event', held, 'websocket.disconnect', () => show(event))
  return trial.check(DISCONNECT, held, 'websocket.disconnect', () => show(event))
}

function judgeClose(trial: Trial, event: PyDict, code: number | null, reason: string): void {
  const { code: seen, reason: given = null } = event
  if (code === null) {
    // What is no int at all is judged as websocket/disconnect/code, whatever the client has said.
    if (isInt(seen))
      trial.check('websocket/disconnect/code-1005', seen === 1005, '1005', () => show(seen))
    return
  }
  trial.check('websocket/disconnect/code', seen === code, String(code), () => show(seen))
  // The key is optional: only a reason that is given can be a wrong one.
  if (given === null || given === '') return
  trial.check('wire/rfc6455/close-reason', given === reason, show(reason), () => show(given))
}

function lose(exchange: WebSocketExchange, loss: string): void {
  const { wire } = exchange.channel
  if (loss === 'half-close') wire.end()
  else if (loss === 'close') wire.close()
  else wire.reset()
}
