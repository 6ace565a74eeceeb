import type { LoadProfile } from '../../evidence/load.ts'

/** Between assay and the process that generates a closed-model load. */
export type ToGenerator =
  | { readonly type: 'run'; readonly url: string; readonly profile: LoadProfile }
  | { readonly type: 'halt' }

export interface ClosedResult {
  readonly type: 'result'
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly to: number
  readonly ok: number
  readonly failures: Readonly<Record<string, number>>
  readonly connectionsServed: number
  /** HdrHistogram V2 compressed base64. */
  readonly latency: string
  readonly cpuShare: number
  readonly lagP99: number
  readonly waitShare: number | null
}

export type FromGenerator =
  | ClosedResult
  | { readonly type: 'ready' }
  | { readonly type: 'error'; readonly message: string }
