import { app as probe } from '../probe/probe.ts'
import type { Mutant } from './mutants/mutant.ts'
import type { Application } from './sabotage/application.ts'
import { tapConnections } from './sabotage/tap.ts'

const { ASSAY_MUTANT: id = '', ASSAY_MUTANT_MODULE: module = '' } = process.env
const declared: Readonly<Record<string, readonly Mutant[]>> = await import(`./mutants/${module}.js`)
const mutant = Object.values(declared)
  .flat()
  .find((candidate) => candidate.id === id)
if (mutant === undefined) throw new RangeError(`no mutant of ${module} has the id "${id}"`)
const { sabotage } = mutant
tapConnections(sabotage)
sabotage.process?.()

const honest: Application = async (scope, receive, send) => {
  await probe(scope, receive, (message) => send(Object(message)))
}

/** The probe behind the defect that `ASSAY_MUTANT` names, for the reference server to serve. */
export const app: Application = sabotage.application?.(honest) ?? honest
