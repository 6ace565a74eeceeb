import { app as probe } from '../probe/probe.ts'
import { mutantById } from './mutants/registry.ts'
import type { Application } from './sabotage/application.ts'
import { tapConnections } from './sabotage/tap.ts'

const { sabotage } = mutantById(process.env['ASSAY_MUTANT'] ?? '')
tapConnections(sabotage)
sabotage.process?.()

const honest: Application = async (scope, receive, send) => {
  await probe(scope, receive, (message) => send(Object(message)))
}

/** The probe behind the defect that `ASSAY_MUTANT` names, for the reference server to serve. */
export const app: Application = sabotage.application?.(honest) ?? honest
