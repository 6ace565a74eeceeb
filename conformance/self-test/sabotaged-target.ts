import { join } from 'node:path'
import type { Application, PreparedTarget } from '../../targets/target.ts'
import { PROBE } from '../probe/application.ts'

const MUTANT_APP: Application = {
  python: PROBE.python,
  node: { file: join(import.meta.dirname, 'mutant-app.js'), exportName: 'app' },
}

/** The reference server that serves the probe through the defect of one mutant. */
export function sabotagedTarget(reference: PreparedTarget, mutantId: string): PreparedTarget {
  return {
    identity: { ...reference.identity, spec: `${reference.identity.spec} (mutant ${mutantId})` },
    has: (capability) => reference.has(capability),
    launch: (request) =>
      reference.launch({
        ...request,
        application: MUTANT_APP,
        environment: { ...request.environment, ASSAY_MUTANT: mutantId },
      }),
  }
}
