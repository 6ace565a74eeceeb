import { join } from 'node:path'
import type { Application, PreparedTarget } from '../../targets/target.ts'
import { checkProperty } from '../engine/check-property.ts'
import { describeFinding } from '../engine/findings.ts'
import { Session } from '../engine/session.ts'
import type { Property } from '../properties/property.ts'
import { PROPERTIES } from '../properties/registry.ts'
import { runsOf } from '../suite.ts'
import type { Mutant } from './mutants/mutant.ts'
import { sabotagedTarget } from './sabotaged-target.ts'

export interface MutantResult {
  readonly id: string
  readonly clause: string
  /** The named property has a FAIL finding that names the clause. */
  readonly killed: boolean
  /** Every finding: `FAIL http/scope/path: expected ...; observed ...`. */
  readonly findings: readonly string[]
}

interface TrialOptions {
  readonly reference: PreparedTarget
  /** What serves the probe through the defect; the built one by itself. */
  readonly application?: Application
  readonly seed: number
  /** Folder for logs and stored programs; each mutant gets one of its own in it. */
  readonly bundle: string
  readonly signal: AbortSignal
}

const RERUNS = 2
const RERUNS_OF_SLOW = 1

/**
 * Lets the property that a mutant was made for loose on it. Killed only if the clause it breaks is the
 * one that is named, and the failing program failed again when it was re-run.
 * @throws InfrastructureError when the mutant cannot be launched.
 */
export async function tryMutant(mutant: Mutant, options: TrialOptions): Promise<MutantResult> {
  const { seed, signal } = options
  const property = propertyOf(mutant)
  const target = sabotagedTarget(options.reference, mutant.id, options.application)
  const bundle = join(options.bundle, 'mutants', mutant.id.replaceAll('/', '-'))
  const session = new Session(target, bundle)
  try {
    const tally = await checkProperty(property, session, {
      seed,
      // As many as in a run at its defaults, until the clause is broken.
      runs: runsOf(property),
      lanes: 1,
      deadline: null,
      graceMs: 0,
      until: mutant.clause,
      shrinkMs: 0,
      reruns: isSlow(mutant) ? RERUNS_OF_SLOW : RERUNS,
      signal,
      onProgram: () => undefined,
    })
    const findings = await Promise.all(
      tally.counterexamples.map((counterexample) =>
        describeFinding(property, counterexample, {
          bundle,
          identity: target.identity,
          pins: [],
          seed,
        }),
      ),
    )
    return {
      id: mutant.id,
      clause: mutant.clause,
      killed: findings.some(
        ({ clauses, verdict }) => clauses.includes(mutant.clause) && verdict === 'FAIL',
      ),
      findings: findings.map(
        ({ clauses, verdict, expected, observed }) =>
          `${verdict} ${clauses.join(', ')}: expected ${expected}; observed ${observed}`,
      ),
    }
  } finally {
    await session.close()
  }
}

/** It waits most of its time: for silences, or for servers of its own to start and end. */
export function isSlow(mutant: Mutant): boolean {
  return mutant.slow === true || propertyOf(mutant).kind === 'process'
}

/** @throws RangeError when the mutant names a property that the suite does not have. */
function propertyOf(mutant: Mutant): Property {
  const property = PROPERTIES.find(({ id }) => id === mutant.property)
  if (property === undefined)
    throw new RangeError(`mutant ${mutant.id} names ${mutant.property}, which is not a property`)
  return property
}
