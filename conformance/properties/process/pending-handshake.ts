import fc from 'fast-check'
import type { Launcher } from '../../testers/launcher.ts'
import type { WebSocketExchange } from '../../websocket/exchange.ts'
import { openWebSocket } from '../../websocket/open.ts'
import { isOsError, named } from '../http/send-disconnected.ts'
import { type Property, processProperty } from '../property.ts'
import { judgeExit } from './shutdown.ts'

const LATE = 'asgi/send/after-close-no-op-or-oserror'
const EXIT = 'process/shutdown-exit-code'
const BEFORE = 'websocket/connect/before-handshake'

/** What a shutdown makes of a handshake that the application has not answered. */
export const pendingHandshake: Property = processProperty({
  id: 'process/shutdown-exit-code/pending-handshake',
  law: 'a WebSocket handshake that nobody has answered yet does not make an orderly shutdown fail, and is not completed by it',
  clauses: [EXIT, 'lifespan/shutdown/event', LATE, BEFORE],
  needs: ['http/1.1', 'process', 'process/drains-on-sigterm', 'websocket', 'lifespan'],
  enough: 1,
  program: fc.record({ listening: fc.boolean() }),
  async run(launcher, { listening }) {
    const farewells: string[] = []
    const iut = await launcher.serve(EXIT, {
      lifespan: 'auto',
      onLifespan: (scope) =>
        void scope
          .receive()
          .then(() => scope.send({ type: 'lifespan.startup.complete' }))
          .then(() => scope.receive())
          .then(({ raised }) => {
            if (raised === null) farewells.push('lifespan.shutdown')
            return scope.sendLast({ type: 'lifespan.shutdown.complete' })
          })
          .catch(() => undefined),
    })
    const exchange = await openWebSocket(launcher.trial(iut))
    await exchange.connect()
    if (listening) void exchange.app.receive().catch(() => undefined)
    const { wire } = exchange.channel
    void wire.closed.then(() => wire.close())
    iut.expectEnd()
    iut.signal('SIGTERM')
    // A server may answer in the place of the application, or wait for it.
    const answered = await iut.cameWithinQuiet(wire.closed, PERIODS)
    const completed = wire.received.some(({ status }) => status === 101)
    launcher.check(BEFORE, !completed, 'no 101 before the application has answered', () => 'a 101')
    if (answered) await judgeLate(launcher, exchange)
    await exchange.app.send({ type: 'websocket.close' }).catch(() => undefined)
    await exchange.app.return().catch(() => undefined)
    const exit = await iut.ended()
    if (!launcher.check(EXIT, exit !== null, 'the end of the server', () => 'it still runs')) return
    judgeExit(launcher, 'SIGTERM', exit)
    launcher.check(
      'lifespan/shutdown/event',
      farewells.length > 0,
      'lifespan.shutdown before the end of the server',
      () => 'the end of the server without it',
    )
  },
})

/** What the application answers when the server has done so in its place, and has ended the connection. */
async function judgeLate(launcher: Launcher, { app }: WebSocketExchange): Promise<void> {
  const accepting = app.send({ type: 'websocket.accept' })
  const raised = await accepting.then(
    (outcome) => outcome.raised,
    () => null,
  )
  const cancelled = raised?.chain.includes('CancelledError') === true
  const harmless = raised === null || isOsError(raised) || cancelled
  launcher.check(LATE, harmless, 'no effect of a late websocket.accept, or an OSError', () =>
    raised === null ? '' : named(raised),
  )
}

/** Quiet periods in which a server that answers by itself has done so. */
const PERIODS = 10
