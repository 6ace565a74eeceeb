import { type Deferred, deferred } from './deferred.ts'
import type { RemoteScope } from './remote-scope.ts'
import type { WireConnection } from './wire.ts'

/** The header that ties a request to its scope where the target does not report the client's port. */
export const MARKER = 'x-assay-channel'

/** One connection held at both ends: the wire, and the scopes that the target opens for it. */
export class Channel {
  readonly wire: WireConnection
  readonly id: string
  /** True: every request on it carries the marker header. */
  readonly marked: boolean
  /** Every scope that was ever announced for this connection. */
  readonly scopes: RemoteScope[] = []
  readonly #unclaimed: RemoteScope[] = []
  readonly #waiting: Deferred<RemoteScope>[] = []

  constructor(wire: WireConnection, id: string, marked: boolean) {
    this.wire = wire
    this.id = id
    this.marked = marked
  }

  /** The next scope that the target opens for a request on this connection. */
  scope(): Promise<RemoteScope> {
    const ready = this.#unclaimed.shift()
    const waiting = deferred<RemoteScope>()
    if (ready === undefined) this.#waiting.push(waiting)
    else waiting.resolve(ready)
    return waiting.promise
  }

  announce(scope: RemoteScope): void {
    this.scopes.push(scope)
    const waiting = this.#waiting.shift()
    if (waiting === undefined) this.#unclaimed.push(scope)
    else waiting.resolve(scope)
  }

  /** The target is gone: nobody will answer. */
  lose(error: Error): void {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error)
  }
}
