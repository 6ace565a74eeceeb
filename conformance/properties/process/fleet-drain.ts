import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import type { Exchange } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { type Property, processProperty } from '../property.ts'
import { launchWorkers } from './fleet.ts'
import { graceOf, hearingMs } from './grace.ts'
import { FLEET_DRAINS, judgeExit } from './shutdown.ts'

const DRAINS = 'process/sigterm-drains'
const UNMOVED = 'process/signals-while-draining'

/** Connections after which the system has given each of two workers one, as a rule. */
const MOST_CONNECTIONS = 24

/** A shutdown concerns all workers alike, and nothing but a second signal of its own concerns it. */
export const fleetDrain: Property = processProperty({
  id: `${DRAINS}/every-worker`,
  law: 'at SIGTERM every worker answers what it has in flight, and signals about workers change nothing of that where it is promised',
  clauses: [DRAINS, UNMOVED, 'process/shutdown-exit-code'],
  needs: FLEET_DRAINS,
  enough: 1,
  program: fc.record({
    signals: fc.shuffledSubarray(['SIGHUP' as const, 'SIGTTIN' as const, 'SIGTTOU' as const], {
      minLength: 3,
    }),
  }),
  async run(launcher, { signals }) {
    const settings = { 'command-line': graceOf(launcher) }
    const { iut, pids } = await launchWorkers(launcher, DRAINS, 2, { settings })
    const held = await holdEach(launcher.trial(iut), 2)
    const before = pids.size
    iut.expectEnd()
    iut.signal('SIGTERM')
    await pause(hearingMs(iut))
    const promised = launcher.target.has('documented/signals-while-draining')
    if (promised) for (const signal of signals) iut.signal(signal)
    await pause(hearingMs(iut))
    for (const exchange of held) {
      await exchange.respond({ status: 200, body: ['late'] }).catch(() => undefined)
      const response = await exchange.response(DRAINS)
      const whole = response?.complete === true
      launcher.check(DRAINS, whole, 'the whole response of each worker', () => 'none, or a part')
      exchange.channel.wire.close()
    }
    const exit = await iut.ended()
    launcher.check(DRAINS, exit !== null, 'the server ends', () => 'it still runs')
    judgeExit(launcher, 'SIGTERM', exit)
    const more = pids.size - before
    if (promised) launcher.check(UNMOVED, more === 0, 'no worker that starts', () => `${more}`)
    else launcher.judge.notApplicable(UNMOVED, 'its documentation does not promise it')
  },
})

/** Requests in flight, until each of so many workers has one. */
async function holdEach(trial: Trial, workers: number): Promise<readonly Exchange[]> {
  const held: Exchange[] = []
  const busy = new Set<number>()
  while (busy.size < workers && held.length < MOST_CONNECTIONS) {
    const exchange = await trial.open(http.get('/held'), { fresh: true })
    held.push(exchange)
    busy.add(exchange.app.pid)
  }
  return held
}
