import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type QualificationEvent, runQualification } from '../../conformance/self-test/qualify.ts'
import type { Verdict } from '../../evidence/verdict.ts'
import { packageIdentity } from '../../targets/package-root.ts'
import type { Progress } from '../terminal/progress.ts'
import { createFolder, defaultFolder } from './folder.ts'
import { describeMachine } from './machine.ts'

/** What a server that does nothing of use may score at most, as a share of the properties. */
export const TRIVIAL_LIMIT = 0.1

/** The tool's own validation: which planted defects it saw, and what it gives away for nothing. */
export interface QualificationRecord extends Awaited<ReturnType<typeof runQualification>> {
  readonly schema: 'asgi-assay/qualification/1'
  readonly tool: { readonly name: string; readonly version: string }
  readonly environment: Awaited<ReturnType<typeof describeMachine>>
  readonly seed: number
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly finishedAt: string
  readonly complete: boolean
  readonly verdict: Verdict
}

export interface QualificationRequest {
  readonly seed: number
  /** Null: a new folder under `assay-report`. */
  readonly out: string | null
}

/** Runs the self-test and keeps its result as `qualification.json` beside the stored programs. */
export async function qualify(
  { seed, out }: QualificationRequest,
  progress: Progress,
  signal: AbortSignal,
): Promise<{ readonly record: QualificationRecord; readonly folder: string }> {
  const startedAt = new Date().toISOString()
  const environment = await describeMachine()
  const folder = await createFolder(out ?? defaultFolder('qualification', startedAt))
  progress.begin('qualify')
  const results = await runQualification({
    seed,
    bundle: folder,
    signal,
    onEvent: narrate(progress),
  })
  const complete = !signal.aborted
  const record: QualificationRecord = {
    schema: 'asgi-assay/qualification/1',
    tool: packageIdentity(),
    environment,
    seed,
    startedAt,
    finishedAt: new Date().toISOString(),
    complete,
    verdict: judge(results, complete),
    ...results,
  }
  await writeFile(join(folder, 'qualification.json'), `${JSON.stringify(record, null, 2)}\n`)
  return { record, folder }
}

function judge(
  { mutants, trivialServers }: Awaited<ReturnType<typeof runQualification>>,
  complete: boolean,
): Verdict {
  const passed =
    mutants.every(({ killed }) => killed) &&
    trivialServers.every(({ score }) => score <= TRIVIAL_LIMIT)
  if (!passed) return 'FAIL'
  return complete ? 'PASS' : 'NOT_RUN'
}

function narrate(progress: Progress): (event: QualificationEvent) => void {
  const startedAt = performance.now()
  let total = 0
  let done = 0
  return (event) => {
    switch (event.kind) {
      case 'started':
        total = event.mutants + event.trivialServers
        return
      case 'mutant':
      case 'trivial-server': {
        done += 1
        const remaining = ((performance.now() - startedAt) * (total - done)) / done
        progress.update(`${event.result.id}, ${done} of ${total}`, remaining)
        return
      }
    }
  }
}
