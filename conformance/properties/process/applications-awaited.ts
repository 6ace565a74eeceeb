import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { bodyMessage, type Exchange, startMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { establish } from '../../websocket/open.ts'
import { type Property, processProperty } from '../property.ts'
import { graceOf, hearingMs } from './grace.ts'

const CLAUSE = 'process/applications-awaited'

const KINDS = ['request', 'websocket'] as const

/** asgi.rst has a call last longer than its connection where there is something to clean up. */
export const applicationsAwaited: Property = processProperty({
  id: CLAUSE,
  law: 'an application that goes on behind the end of its connection is waited for at SIGTERM, and no longer than it takes',
  clauses: [CLAUSE, 'asgi/app/lifetime'],
  needs: [
    'http/1.1',
    'process',
    'process/drains-on-sigterm',
    'config/command-line',
    'timeout/shutdown',
    'documented/applications-awaited',
  ],
  enough: 2,
  program: fc.record({ kind: fc.constantFrom(...KINDS), workers: fc.constantFrom(1, 2) }),
  families: { names: KINDS, of: ({ kind }) => kind },
  async run(launcher, { kind, workers }) {
    const several = workers > 1 && launcher.target.has('workers') ? { workers } : {}
    const settings = { 'command-line': graceOf(launcher) }
    const iut = await launcher.serve(CLAUSE, { settings, ...several })
    const trial = launcher.trial(iut)
    const { app, channel } = await (kind === 'websocket' && launcher.target.has('websocket')
      ? establish(trial)
      : answered(trial))
    channel.wire.close()
    iut.expectEnd()
    iut.signal('SIGTERM')
    await pause(hearingMs(iut))
    const hasty = await iut.cameWithinQuiet(iut.running.exited)
    for (const clause of [CLAUSE, 'asgi/app/lifetime'])
      launcher.check(
        clause,
        !hasty,
        'an application that is left to clean up',
        () => 'the end of the server in the middle of it',
      )
    if (hasty) return
    await app.return().catch(() => undefined)
    const exit = await iut.ended()
    launcher.check(CLAUSE, exit !== null, 'the end behind it', () => 'the server still runs')
  },
})

/** A request that has its response, and whose application has not returned. */
async function answered(trial: Trial): Promise<Exchange> {
  const exchange = await trial.open(http.get('/'), { fresh: true })
  await exchange.send(startMessage({ status: 200 }))
  await exchange.send(bodyMessage('answered', false))
  await exchange.response()
  return exchange
}
