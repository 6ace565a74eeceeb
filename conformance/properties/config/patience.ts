import fc from 'fast-check'
import type { Capability } from '../../../evidence/target.ts'
import type { RemoteScope } from '../../testers/remote-scope.ts'
import { http } from '../../testers/request.ts'
import type { WireResponse } from '../../testers/response-reader.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import type { WireConnection } from '../../testers/wire.ts'
import { describeAnswer } from '../../websocket/exchange.ts'
import { plainMessage } from '../../websocket/message-plan.ts'
import { establish, openWebSocket } from '../../websocket/open.ts'
import { launchHeld } from '../lifespan/startup.ts'
import { type Property, processProperty } from '../property.ts'
import { exchangeOf, NOT_BEFORE_MS, SHORT_SECONDS, serveWith } from './serve-with.ts'
import { judgeTimeOut } from './timeouts.ts'

const needs: readonly Capability[] = ['http/1.1', 'config/command-line']

const RESPONSE = 'config/timeout-response'
const LIFETIME = 'config/timeout-websocket'
const OPENING = 'config/timeout-websocket-opening'
const ABANDONED = 'config/timeout-application-close'
const READ = 'config/timeout-read'
const STARTUP = 'config/timeout-lifespan-startup'

/** Milliseconds between two messages of a client that is not silent. */
const TALK_MS = 200
/** Time in which one that was cut would have been. */
const TALKING_MS = 2500 * SHORT_SECONDS

/** How long a server puts up with an application, and with a client that says nothing. */
export const patience: readonly Property[] = [
  processProperty({
    id: RESPONSE,
    law: 'an application that does not answer in time is answered for with an error, and not before',
    clauses: [RESPONSE],
    needs: [...needs, 'timeout/response'],
    enough: 1,
    program: fc.record({ content: fc.constantFrom('', 'content') }),
    async run(launcher, { content }) {
      const trial = await serveWith(launcher, RESPONSE, { timeoutResponse: SHORT_SECONDS })
      const started = performance.now()
      const exchange = await trial.open(http.post('/', content), { fresh: true })
      exchange.misused = true
      const response = await exchange.response(RESPONSE)
      const failed = response !== null && response.status >= 500
      judgeLate(trial, RESPONSE, started, failed, 'an error response', response)
      await exchange.app.return()
      // The time is one for each request, and goes on for none that was answered.
      const { response: next } = await exchangeOf(trial)
      trial.check(RESPONSE, next?.status === 200, 'the next request answered', () =>
        describeAnswer(next),
      )
    },
  }),
  processProperty({
    id: LIFETIME,
    law: 'a WebSocket connection is closed when it has lasted as long as it may, however much is said on it',
    clauses: [LIFETIME],
    needs: [...needs, 'websocket', 'timeout/websocket'],
    enough: 1,
    program: fc.record({ text: fc.constantFrom('one', 'two') }),
    async run(launcher, { text }) {
      const trial = await serveWith(launcher, LIFETIME, { timeoutWebSocket: SHORT_SECONDS })
      const started = performance.now()
      const exchange = await establish(trial)
      await exchange.send({ type: 'websocket.send', text })
      await exchange.leave(LIFETIME)
      const waited = performance.now() - started
      trial.check(
        LIFETIME,
        waited >= NOT_BEFORE_MS,
        `a connection that lasts for about ${SHORT_SECONDS} s`,
        () => `${Math.round(waited)} ms`,
      )
      const event = await exchange.receive(LIFETIME)
      trial.check(LIFETIME, event['type'] === 'websocket.disconnect', 'websocket.disconnect', () =>
        show(event),
      )
    },
  }),
  processProperty({
    id: OPENING,
    law: 'a handshake that the application does not answer in time is refused, and one that it has answered goes on',
    clauses: [OPENING],
    needs: [...needs, 'websocket', 'timeout/websocket-opening'],
    enough: 1,
    program: fc.record({ asks: fc.boolean() }),
    async run(launcher, { asks }) {
      // Some count in whole seconds, from one that has begun before.
      const seconds = 2 * SHORT_SECONDS
      const trial = await serveWith(launcher, OPENING, { timeoutWebSocketOpening: seconds })
      const open = await establish(trial)
      const started = performance.now()
      const exchange = await openWebSocket(trial)
      exchange.misused = true
      if (asks) await exchange.connect()
      const response = await exchange.response(OPENING)
      const refused = response === null || response.status >= 400
      judgeLate(trial, OPENING, started, refused, 'a refusal', response, seconds)
      trial.check(OPENING, open.usable, 'an open connection left alone', () => 'it was closed')
    },
  }),
  processProperty({
    id: ABANDONED,
    law: 'an application that goes on without its client is ended when its time is over, whatever it waits for',
    clauses: [ABANDONED],
    needs: [...needs, 'timeout/application-close'],
    enough: 1,
    program: fc.record({ receives: fc.boolean() }),
    async run(launcher, { receives }) {
      const { target } = launcher
      const trial = await serveWith(launcher, ABANDONED, { timeoutApplicationClose: SHORT_SECONDS })
      const left: { readonly app: RemoteScope; readonly wire: WireConnection }[] = []
      const exchange = await trial.open(http.get('/'), { fresh: true })
      exchange.misused = true
      exchange.clientLeft = true
      left.push({ app: exchange.app, wire: exchange.channel.wire })
      if (target.has('websocket')) {
        const socket = await establish(trial)
        socket.misused = true
        left.push({ app: socket.app, wire: socket.channel.wire })
      }
      for (const { app, wire } of left) {
        if (receives) void app.receive().catch(() => undefined)
        wire.reset()
      }
      const { limit } = trial.iut.patience
      for (const { app } of left) {
        const ended = await trial.iut.becomes(() => app.end !== null, limit)
        trial.check(ABANDONED, ended, 'the end of the application', () => 'it goes on')
      }
    },
  }),
  processProperty({
    id: READ,
    law: 'a client of a WebSocket that says nothing for the time that was set is dropped, and one that says something is not',
    clauses: [READ],
    needs: [...needs, 'websocket', 'timeout/read'],
    enough: 1,
    program: fc.record({ text: fc.constantFrom('still here', '') }),
    async run(launcher, { text }) {
      const trial = await serveWith(launcher, READ, { timeoutRead: SHORT_SECONDS })
      const started = performance.now()
      const talking = await establish(trial)
      const talk = setInterval(() => talking.say([plainMessage('text', text)]), TALK_MS)
      try {
        const { app, channel } = await establish(trial)
        // A server may wait for the application, which is told.
        void app.receive().then(
          () => app.return(),
          () => undefined,
        )
        await judgeTimeOut(trial, channel.wire, READ, started)
        await trial.iut.remains(Math.max(0, started + TALKING_MS - performance.now()))
        trial.check(READ, talking.usable, 'a client that talks left alone', () => 'it was cut')
      } finally {
        clearInterval(talk)
      }
    },
  }),
  processProperty({
    id: STARTUP,
    law: 'a start-up that the application does not complete in time ends the start of the server',
    clauses: [STARTUP],
    needs: ['process', 'lifespan', 'timeout/lifespan-startup'],
    enough: 1,
    program: fc.record({ asks: fc.boolean() }),
    async run(launcher, { asks }) {
      const { iut, scope } = await launchHeld(launcher, STARTUP, {
        settings: { 'command-line': { timeoutLifespanStartup: SHORT_SECONDS } },
      })
      if (asks) void scope.receive().catch(() => undefined)
      iut.expectEnd()
      const exit = await iut.ended()
      launcher.check(STARTUP, exit !== null, 'the end of the server', () => 'it still runs')
    },
  }),
]

/** What the server answers for the application comes when its time is over, and not before. */
function judgeLate(
  trial: Trial,
  clause: string,
  started: number,
  isRight: boolean,
  expected: string,
  response: WireResponse | null,
  seconds: number = SHORT_SECONDS,
): void {
  const waited = performance.now() - started
  trial.check(
    clause,
    isRight && waited >= NOT_BEFORE_MS,
    `${expected} after about ${seconds} s`,
    () => `${describeAnswer(response)} after ${Math.round(waited)} ms`,
  )
}
