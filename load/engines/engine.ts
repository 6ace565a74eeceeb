import type { Blocker, LoadProfile } from '../../evidence/load.ts'
import type { Window } from '../meter/window.ts'
import type { LatencyHistogram } from '../statistics/histogram.ts'

export type EngineName = 'autocannon' | 'k6'

export interface EngineRequest {
  readonly host: string
  readonly port: number
  readonly profile: LoadProfile
  /** A folder for the engine's own files; it is removed after the start. */
  readonly scratch: string
  /** Ends the load early, with what there is: the server died, or the user wants to stop. */
  readonly halt: AbortSignal
}

/** What a generator saw of one server start, warm-up excluded. */
export interface EngineResult {
  readonly window: Window
  readonly ok: number
  /** Requests that were sent, or tried, and not answered with a 2xx, by cause. */
  readonly failures: Readonly<Record<string, number>>
  /** Open model: arrivals for which no virtual user was free. */
  readonly dropped: number
  /** Of the requests answered well. Open model: from the intended arrival. */
  readonly latency: LatencyHistogram
  /** Open model: from the moment of sending; null in a closed model, where it is the same. */
  readonly serviceTime: LatencyHistogram | null
  readonly offeredRate: number | null
  /** Connections that were answered at least once; null where the engine cannot tell. */
  readonly connectionsServed: number | null
  readonly generator: {
    readonly cpuShare: number
    readonly lagP99: number | null
    /** Seconds of waiting for a CPU for each second; null where the system does not tell. */
    readonly waitShare: number | null
  }
  readonly blockers: readonly Blocker[]
}

/** A load generator, ready for any number of runs, one at a time. */
export interface Engine {
  readonly name: EngineName
  readonly version: string
  /** Rejects with an InfrastructureError when the generator itself fails. */
  run(request: EngineRequest): Promise<EngineResult>
  close(): Promise<void>
}

/** Or why there is none here: its runs are NOT_RUN. */
export type EngineOrReason = { readonly engine: Engine } | { readonly reason: string }

/** A request that has no answer after this many seconds has failed. */
export const REQUEST_TIMEOUT_SECONDS = 10
