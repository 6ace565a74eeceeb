import { createHash } from 'node:crypto'
import type { Finding } from '../../evidence/conformance.ts'
import type { TargetIdentity } from '../../evidence/target.ts'
import { CLAUSES, clauseById } from '../clauses/catalogue.ts'
import { SECURITY } from '../clauses/security.ts'
import { familyOf, type Property } from '../properties/property.ts'
import { PROPERTIES } from '../properties/registry.ts'
import { writeProgram } from './program-file.ts'
import type { Counterexample } from './tally.ts'

export interface Origin {
  readonly bundle: string
  readonly identity: TargetIdentity
  readonly pins: readonly string[]
  readonly seed: number
}

/** Stores the shrunk program and describes what it shows. */
export async function describeFinding(
  property: Property,
  counterexample: Counterexample,
  { bundle, identity, pins, seed }: Origin,
): Promise<Finding> {
  const { violation, program: shrunk, failed, reruns } = counterexample
  const clause = clauseById(violation.clause)
  const id = findingId(property.id, clause.id, familyOf(property, shrunk, clause.id))
  const program = `raw/programs/${id}.json`
  await writeProgram(bundle, program, {
    schema: 'assay-program/1',
    property: property.id,
    clause: clause.id,
    target: identity.spec,
    serverArgs: [...identity.args],
    pins: [...pins],
    seed,
    expected: violation.expected,
    observed: violation.observed,
    program: shrunk,
  })
  return {
    id,
    property: property.id,
    clauses: [clause.id],
    level: clause.level,
    verdict: failed === 0 ? 'INCONCLUSIVE' : 'FAIL',
    summary: `${clause.paraphrase} Expected ${violation.expected}; observed ${violation.observed}.`,
    expected: violation.expected,
    observed: violation.observed,
    rate: { failed, runs: reruns },
    reproducibility:
      failed === 0 ? 'not reproduced' : failed === reruns ? 'deterministic' : 'intermittent',
    replay: `assay replay ${bundle}/${program}`,
    program,
    transcript: counterexample.transcript,
    security:
      SECURITY.includes(property.id) || SECURITY.includes(clause.id) || violation.exposes === true,
  }
}

/** The law and the clause whose violation has this id; null: none has. */
export function originOfFinding(
  id: string,
): { readonly property: string; readonly clause: string } | null {
  for (const { id: property, families } of PROPERTIES) {
    for (const family of [null, ...(families?.names ?? [])]) {
      const clause = CLAUSES.find((one) => findingId(property, one.id, family) === id)
      if (clause !== undefined) return { property, clause: clause.id }
    }
  }
  return null
}

function findingId(property: string, clause: string, family: string | null): string {
  const source = [property, clause, ...(family === null ? [] : [family])].join(' ')
  return `F-${createHash('sha256').update(source).digest('hex').slice(0, 8)}`
}
