import type { LoadProfile } from '../evidence/load.ts'

const HELLO = { method: 'GET', path: '/hello', bodyBytes: 0 } as const

/**
 * The built-in profiles; a requirements file changes or adds to them. Short, because a verdict needs
 * five starts of each: how starts differ decides more than how long one lasts.
 */
export const PROFILES: readonly LoadProfile[] = [
  {
    name: 'capacity',
    model: 'closed',
    connections: 64,
    rate: null,
    seconds: 1.5,
    warmupSeconds: 0.5,
    starts: 5,
    workers: 1,
    request: HELLO,
  },
  {
    name: 'nominal',
    model: 'open',
    connections: 100,
    rate: 200,
    seconds: 2.5,
    warmupSeconds: 0.5,
    starts: 5,
    workers: 1,
    request: HELLO,
  },
  {
    name: 'burst',
    model: 'closed',
    connections: 256,
    rate: null,
    seconds: 1.5,
    warmupSeconds: 0.5,
    starts: 5,
    workers: 1,
    request: HELLO,
  },
  {
    name: 'scaling',
    model: 'closed',
    connections: 64,
    rate: null,
    seconds: 1.5,
    warmupSeconds: 0.5,
    starts: 5,
    workers: 2,
    request: HELLO,
  },
]

/** For a first look: the same starts, the least time that still gives the percentiles their samples. */
export function quickened(profile: LoadProfile): LoadProfile {
  const [seconds, warmupSeconds] = profile.model === 'open' ? [0.8, 0.2] : [0.4, 0.2]
  return {
    ...profile,
    seconds: Math.min(profile.seconds, seconds),
    warmupSeconds: Math.min(profile.warmupSeconds, warmupSeconds),
  }
}
