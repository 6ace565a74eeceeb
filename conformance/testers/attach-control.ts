import { UsageError } from '../../evidence/errors.ts'
import type { PreparedTarget } from '../../targets/target.ts'

/** Where the suite listens for the probe, and the token the probe must show. */
export interface ControlPlace {
  readonly port: number
  readonly token: string
}

/**
 * A server that assay starts is told a fresh address and token. One that its user started was told by
 * its user: the same ASSAY_CONTROL must then be in assay's own environment.
 * @throws UsageError `attach/no-control` when it is absent or not of the form tcp:127.0.0.1:PORT:TOKEN.
 */
export function controlPlace(
  target: PreparedTarget,
  environment: NodeJS.ProcessEnv = process.env,
): ControlPlace | null {
  if (!target.identity.attached) return null
  const text = environment['ASSAY_CONTROL'] ?? ''
  const match = /^tcp:127\.0\.0\.1:(\d{1,5}):([^:]+)$/.exec(text)
  if (match !== null) return { port: Number(match[1]), token: match[2] ?? '' }
  throw new UsageError({
    code: 'attach/no-control',
    input: `ASSAY_CONTROL="${text}"`,
    rule: 'An attached server and assay must be given the same control address.',
    cure: 'Set ASSAY_CONTROL=tcp:127.0.0.1:PORT:TOKEN, with a free port and a secret of yours, for both.',
  })
}
