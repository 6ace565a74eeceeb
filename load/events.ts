import type { LoadRun } from '../evidence/load.ts'
import type { Subject } from './plan.ts'

/** Seconds; what remains is reckoned from the profiles and from how long starts took so far. */
export interface Progress {
  readonly doneStarts: number
  readonly totalStarts: number
  readonly elapsedSeconds: number
  readonly remainingSeconds: number
}

/** What happens while a target is loaded: enough for a progress line and for a log. */
export type LoadEvent =
  | {
      readonly type: 'run-started'
      readonly profile: string
      readonly engine: string
      readonly subjects: readonly Subject[]
      readonly progress: Progress
    }
  | {
      readonly type: 'start-finished'
      readonly profile: string
      readonly engine: string
      readonly subject: Subject
      readonly index: number
      readonly requests: {
        readonly ok: number
        readonly failed: number
        readonly dropped: number
      }
      readonly achievedRate: number
      readonly progress: Progress
    }
  | { readonly type: 'run-finished'; readonly run: LoadRun; readonly progress: Progress }
