import { join } from 'node:path'
import type { Application, PreparedTarget } from '../../targets/target.ts'
import { PROBE } from '../probe/application.ts'
import { moduleOf, mutantById } from './mutants/registry.ts'

const MUTANT_APP: Application = {
  python: PROBE.python,
  node: { file: join(import.meta.dirname, 'mutant-app.js'), exportName: 'app' },
}

/** The reference server that serves the probe through the defect of one mutant. */
export function sabotagedTarget(
  reference: PreparedTarget,
  mutantId: string,
  application: Application = MUTANT_APP,
): PreparedTarget {
  const mutant = mutantById(mutantId)
  const { sabotage } = mutant
  const named = { ASSAY_MUTANT: mutantId, ASSAY_MUTANT_MODULE: moduleOf(mutant) }
  return {
    identity: { ...reference.identity, spec: `${reference.identity.spec} (mutant ${mutantId})` },
    has: (capability) => reference.has(capability),
    launch: (request) => {
      const asked = sabotage.launch?.(request) ?? request
      return reference.launch({
        ...asked,
        application: isProbe(asked.application) ? application : asked.application,
        environment: { ...asked.environment, ...named },
      })
    },
  }
}

/** A property may ask for an application that is not there. */
function isProbe({ node }: Application): boolean {
  return node.file === PROBE.node.file && node.exportName === PROBE.node.exportName
}
