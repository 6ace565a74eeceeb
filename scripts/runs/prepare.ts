import { prepareTarget } from '../../targets/prepare.ts'
import type { InstallEvent } from '../../targets/python/environment.ts'
import { formatTargetSpec } from '../../targets/spec.ts'
import type { PreparedTarget, TargetSpec } from '../../targets/target.ts'
import type { RunContext } from './context.ts'

export const PREPARE_STAGE = 'prepare'

/** Installs the target, or finds it installed, and says which. */
export function prepare(
  spec: TargetSpec,
  { progress, signal }: Pick<RunContext, 'progress' | 'signal'>,
): Promise<PreparedTarget> {
  progress.begin(PREPARE_STAGE)
  return prepareTarget(spec, {
    signal,
    onEvent: (event) => {
      tell(event, spec, progress)
    },
  })
}

function tell(event: InstallEvent, spec: TargetSpec, progress: RunContext['progress']): void {
  switch (event.kind) {
    case 'cached':
      progress.update(`${event.version} is in the cache`, null)
      return
    case 'offline':
      progress.note(
        `The package index is out of reach: ${formatTargetSpec(spec, event.version)} is the newest in the cache.`,
      )
      return
    case 'installing':
      progress.update(`pip install ${event.requirements.join(' ')}`, null)
      return
  }
}
