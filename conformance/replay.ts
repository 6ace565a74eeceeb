import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Transcript } from '../evidence/conformance.ts'
import { UsageError } from '../evidence/errors.ts'
import type { Verdict } from '../evidence/verdict.ts'
import type { PreparedTarget } from '../targets/target.ts'
import type { ProgramFile } from './engine/program-file.ts'
import { Session } from './engine/session.ts'
import type { Violation } from './judge/judge.ts'
import { PROPERTIES } from './properties/registry.ts'

export interface ReplayResult {
  readonly verdict: Verdict
  /** Every clause that the program broke this time. */
  readonly violations: readonly Violation[]
  readonly transcript: Transcript
}

/**
 * Runs one stored program once more, on a connection of its own.
 * @throws UsageError when the property is not in this release.
 */
export async function replay(file: ProgramFile, target: PreparedTarget): Promise<ReplayResult> {
  const property = PROPERTIES.find(({ id }) => id === file.property)
  if (property === undefined) {
    throw new UsageError({
      code: 'replay/unknown-property',
      input: file.property,
      rule: 'is not a property of this release.',
      cure: 'Replay it with the release of assay that stored it.',
    })
  }
  const bundle = await mkdtemp(join(tmpdir(), 'assay-replay-'))
  await mkdir(join(bundle, 'raw', 'logs'), { recursive: true })
  const session = new Session(target, bundle)
  try {
    const result = await session.run(property, file.program, new Map())
    const { violations, doubts } = result.judge
    const verdict = violations.length > 0 ? 'FAIL' : doubts.length > 0 ? 'INCONCLUSIVE' : 'PASS'
    return { verdict, violations, transcript: result.transcript() }
  } finally {
    await session.close()
    await rm(bundle, { recursive: true, force: true })
  }
}
