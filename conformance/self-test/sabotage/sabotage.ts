import type { LaunchRequest } from '../../../targets/target.ts'
import type { Application } from './application.ts'
import type { Tap } from './tap.ts'

/** How a correct server is made to break one clause, from inside its process but outside its code. */
export interface Sabotage {
  /** Stands between the server and its application. */
  readonly application?: (app: Application) => Application
  /** Changes bytes on their way to the client; null swallows them. Binary strings, one write each. */
  readonly outgoing?: (bytes: string, tap: Tap) => string | null
  /** Changes bytes on their way from the client, before the server reads them. */
  readonly incoming?: (bytes: string, tap: Tap) => string
  /** Changes what the server is started with. */
  readonly launch?: (request: LaunchRequest) => LaunchRequest
  /** Called once in each of its processes, before it listens. */
  readonly process?: () => void
}

/** One defect of two halves: what is hidden from the server on one side comes back on the other. */
export function both(...parts: readonly Sabotage[]): Sabotage {
  return Object.assign({}, ...parts)
}
