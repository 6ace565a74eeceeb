import type { LoadEvidence, MeasurementNeed } from '../../evidence/load.ts'
import type { LoadEvent } from '../../load/events.ts'
import { findMetric } from '../../load/metrics/registry.ts'
import { plan } from '../../load/plan.ts'
import { Clock } from '../../load/progress.ts'
import { runLoad } from '../../load/run.ts'
import { prepareTarget } from '../../targets/prepare.ts'
import { parseTargetSpec } from '../../targets/spec.ts'
import type { PreparedTarget } from '../../targets/target.ts'
import type { Progress } from '../terminal/progress.ts'
import type { RunContext } from './context.ts'

export const LOAD_STAGE = 'load'

/** What is to be measured. */
export interface LoadOrder {
  readonly needs: readonly MeasurementNeed[]
  /** The reference server is measured in the same run, so that figures travel between machines. */
  readonly yardstick: boolean
}

export async function load(
  target: PreparedTarget,
  order: LoadOrder,
  { folder, seed, progress, signal }: RunContext,
): Promise<LoadEvidence> {
  const { needs } = order
  progress.begin(LOAD_STAGE)
  return runLoad({
    target,
    yardstick: hasYardstick(order, target.identity) ? await prepareYardstick() : null,
    needs,
    seed,
    bundle: folder,
    signal,
    onEvent: (event) => {
      tell(event, progress)
    },
  })
}

/** Milliseconds that the order will take, for the remaining time on the screen. */
export function expectedLoadMs(order: LoadOrder, target: { readonly name: string }): number {
  const yardstick = hasYardstick(order, target)
  const starts = plan(order.needs, { yardstick, seed: 0 }).flatMap((batch) => batch.starts)
  return new Clock(starts).progress().remainingSeconds * 1000
}

const YARDSTICK = 'reference'

/** Nothing is its own yardstick, and a metric that compares with it cannot do without. */
function hasYardstick({ needs, yardstick }: LoadOrder, target: { readonly name: string }): boolean {
  if (target.name === YARDSTICK) return false
  return yardstick || needs.some(({ metric }) => findMetric(metric)?.needsYardstick === true)
}

function prepareYardstick(): Promise<PreparedTarget> {
  return prepareTarget(parseTargetSpec(YARDSTICK, { serverArgs: [], pins: [] }))
}

function tell(event: LoadEvent, progress: Progress): void {
  const { doneStarts, totalStarts, remainingSeconds } = event.progress
  const where = `start ${Math.min(doneStarts + 1, totalStarts)} of ${totalStarts}`
  switch (event.type) {
    case 'run-started':
      progress.update(`${event.profile} by ${event.engine}, ${where}`, remainingSeconds * 1000)
      return
    case 'start-finished': {
      const rate = `${Math.round(event.achievedRate)} requests/s`
      const what = `${event.profile}, ${event.subject} ${rate}, ${where}`
      progress.update(what, remainingSeconds * 1000)
      return
    }
    case 'run-finished':
      if (event.run.reason !== null) {
        progress.note(`load ${event.run.profile} was not run: ${event.run.reason}`)
      }
      return
  }
}
