import type { MeasurementNeed } from '../../evidence/load.ts'
import { quickened } from '../../load/profiles.ts'
import type { ValidationRecord } from '../../reports/record/record.ts'
import { needsOf } from '../../reports/requirements/needs.ts'
import type { PreparedTarget, TargetSpec } from '../../targets/target.ts'
import { unresolvedIdentity } from '../../targets/unresolved.ts'
import type { Stage } from '../terminal/progress.ts'
import { CONFORMANCE_STAGE, type ConformanceEffort, conform, type Observer } from './conformance.ts'
import { Incidents, type RunContext } from './context.ts'
import type { DeviationsInput } from './deviations.ts'
import { expectedLoadMs, LOAD_STAGE, load } from './load.ts'
import { describeMachine } from './machine.ts'
import { PREPARE_STAGE, prepare } from './prepare.ts'
import { concludeRun } from './record.ts'
import type { RequirementsInput } from './requirements.ts'
import { scopeOf } from './scope.ts'

/** What a run is to find out. */
export interface RunPlan {
  readonly spec: TargetSpec
  /** Null: the properties alone decide. */
  readonly requirements: RequirementsInput | null
  /** Failures that are known in writing. */
  readonly deviations?: DeviationsInput | null
  /** Null: conformance is not asked for. */
  readonly conformance: ConformanceEffort | null
  /** Null: what the requirements need. */
  readonly needs: readonly MeasurementNeed[] | null
  /** A first look: shorter load windows, one worker, no yardstick. */
  readonly quick: boolean
  readonly observer?: Observer
}

/**
 * Prepares the target, collects the evidence and writes the bundle. An infrastructure error or an
 * interruption leaves a truthful, incomplete record instead of none.
 */
export async function carryOut(plan: RunPlan, context: RunContext): Promise<ValidationRecord> {
  const startedAt = new Date().toISOString()
  const environment = await describeMachine()
  const incidents = new Incidents()
  context.progress.plan(stagesOf(plan, plan.needs ?? needsFor(plan, null)))
  const target = await incidents.attempt(() => prepare(plan.spec, context))
  const needs = plan.needs ?? needsFor(plan, target)
  context.progress.plan(stagesOf(plan, needs))
  const { conformance: effort } = plan
  const scope = {
    ...(plan.requirements === null ? {} : scopeOf(plan.requirements.requirements)),
    ...(plan.observer === undefined ? {} : { onResult: plan.observer }),
  }
  const conformance =
    target === null || effort === null || context.signal.aborted
      ? null
      : await incidents.attempt(() => conform(target, effort, scope, plan.spec.pins, context))
  const measured =
    target === null || needs.length === 0 || context.signal.aborted
      ? null
      : await incidents.attempt(() => load(target, { needs, yardstick: !plan.quick }, context))
  return concludeRun({
    context,
    startedAt,
    environment,
    target: target?.identity ?? unresolvedIdentity(plan.spec),
    requirements: plan.requirements,
    deviations: plan.deviations ?? null,
    conformance,
    load: measured,
    problems: incidents.problems,
  })
}

function needsFor(plan: RunPlan, target: PreparedTarget | null): readonly MeasurementNeed[] {
  // An attached server serves the probe, and load needs the load application.
  if (plan.requirements === null || target?.identity.attached === true) return []
  const needs = needsOf(plan.requirements.requirements, target?.identity.capabilities)
  if (!plan.quick) return needs
  // Profiles with several workers need twice the starts, for the comparison with one worker.
  return needs
    .filter(({ profile }) => profile.workers === 1)
    .map((need) => ({ ...need, profile: quickened(need.profile) }))
}

function stagesOf(
  { spec, conformance, quick }: RunPlan,
  needs: readonly MeasurementNeed[],
): readonly Stage[] {
  return [
    { title: PREPARE_STAGE, expectedMs: 0 },
    ...(conformance === null ? [] : [{ title: CONFORMANCE_STAGE, expectedMs: conformance.timeMs }]),
    ...(needs.length === 0
      ? []
      : [{ title: LOAD_STAGE, expectedMs: expectedLoadMs({ needs, yardstick: !quick }, spec) }]),
  ]
}
