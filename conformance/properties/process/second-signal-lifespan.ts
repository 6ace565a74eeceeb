import fc from 'fast-check'
import { deferred } from '../../testers/deferred.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import type { RemoteScope } from '../../testers/remote-scope.ts'
import { type Property, processProperty } from '../property.ts'
import { graceOf } from './grace.ts'

const CLAUSE = 'process/second-signal-forces'

/** Where a second signal is promised to end every wait: that for the application itself, too. */
export const secondSignalLifespan: Property = processProperty({
  id: `${CLAUSE}/lifespan`,
  law: 'a second signal ends the server although its application comes to no end of its start, or of its shutdown',
  clauses: [CLAUSE],
  needs: [
    'http/1.1',
    'process',
    'lifespan',
    'process/drains-on-sigterm',
    'process/drains-on-sigint',
    'process/second-signal-workers',
  ],
  enough: 1,
  program: fc.record({
    first: fc.constantFrom('SIGTERM' as const, 'SIGINT' as const),
    second: fc.constantFrom('SIGTERM' as const, 'SIGINT' as const),
  }),
  async run(launcher, { first, second }) {
    const starting = await launchStarting(launcher)
    starting.iut.expectEnd()
    starting.iut.signal(first)
    // Two of one kind that come together are one signal.
    await starting.iut.cameWithinQuiet(starting.iut.running.exited, PERIODS)
    await judgeForced(launcher, starting.iut, second, 'the start')

    const { iut, scope } = await launchStarting(launcher)
    await scope.send({ type: 'lifespan.startup.complete' })
    await iut.listens()
    await iut.calibrate()
    const told = scope.receive()
    iut.expectEnd()
    iut.signal(first)
    await iut.within(told, 'lifespan/shutdown/event', 'lifespan.shutdown')
    await judgeForced(launcher, iut, second, 'the shutdown')
  },
})

/** Quiet periods in which the server hears of the first signal. */
const PERIODS = 5

/** A server whose application has been told to start, and has not answered. */
async function launchStarting(
  launcher: Launcher,
): Promise<{ readonly iut: Iut; readonly scope: RemoteScope }> {
  const begun = deferred<RemoteScope>()
  const iut = await launcher.start({
    lifespan: 'auto',
    waitUntilListening: false,
    settings: { 'command-line': graceOf(launcher) },
    onLifespan: (scope) => begun.resolve(scope),
  })
  const scope = await iut.afterLaunch(begun.promise, CLAUSE, 'a lifespan scope')
  await scope.receive()
  return { iut, scope }
}

async function judgeForced(
  launcher: Launcher,
  iut: Iut,
  second: 'SIGTERM' | 'SIGINT',
  phase: string,
): Promise<void> {
  iut.signal(second)
  const exit = await iut.ended()
  launcher.check(
    CLAUSE,
    exit !== null,
    'the end of the server',
    () => `it waits for ${phase} of the application`,
  )
}
