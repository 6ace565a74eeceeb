import type { Settings } from '../../../targets/settings.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'

/** Seconds that no server of these properties is to wait. */
export const LONG = 60

/** Where the grace time can be set: by default it is longer than the end of a server may take. */
export function graceOf({ target }: Launcher, seconds: number = LONG): Settings {
  const settable = target.has('timeout/shutdown') && target.has('config/command-line')
  return settable ? { timeoutShutdown: seconds } : {}
}

/**
 * Milliseconds until every process of a server has heard of a signal, for which some look ten times a second, each
 * by itself: 1.5 s at least, as the patience is 2.5 s, and more on a machine that is slow to answer.
 */
export function hearingMs({ patience }: Iut): number {
  return 0.6 * patience.limit
}
