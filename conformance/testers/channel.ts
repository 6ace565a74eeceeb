import { type Deferred, deferred } from './deferred.ts'
import type { RemoteScope } from './remote-scope.ts'
import type { WireResponse } from './response-reader.ts'
import type { WireConnection } from './wire.ts'

/** The header that ties a request to its scope where the target does not report the client's port. */
export const MARKER = 'x-assay-channel'

/** What a server has done on a connection of HTTP/2. */
export interface Http2Outcome {
  /** In the order of their identifiers; `reset`: error code of a RST_STREAM. */
  readonly streams: readonly {
    readonly id: number
    readonly response: WireResponse | null
    readonly reset: number | null
  }[]
  /** Error code of a GOAWAY frame; null: none came. */
  readonly goAway: number | null
}

/** One connection held at both ends: the wire, and the scopes that the target opens for it. */
export class Channel {
  readonly wire: WireConnection
  readonly id: string
  /** True: every request on it carries the marker header. */
  readonly marked: boolean
  /** Null while it does not speak HTTP/2. */
  http2: (() => Http2Outcome) | null = null
  /** Every scope that was ever announced for this connection. */
  readonly scopes: RemoteScope[] = []
  readonly #unclaimed: RemoteScope[] = []
  readonly #waiting: Deferred<RemoteScope>[] = []
  readonly #byStream: Map<string, Deferred<RemoteScope>> = new Map()

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

  /** What the marker of a request holds on this connection, or on a stream of it. */
  marker(stream: number | null = null): string {
    return stream === null ? this.id : `${this.id}.${stream}`
  }

  /** The scope of the request that carries the marker of this stream. */
  scopeOf(stream: number): Promise<RemoteScope> {
    const waiting = deferred<RemoteScope>()
    this.#byStream.set(String(stream), waiting)
    return waiting.promise
  }

  /** `stream`: from the marker of its request; null where there is none. */
  announce(scope: RemoteScope, stream: string | null = null): void {
    this.scopes.push(scope)
    const own = stream === null ? undefined : this.#byStream.get(stream)
    if (stream !== null) this.#byStream.delete(stream)
    const waiting = own ?? this.#waiting.shift()
    if (waiting === undefined) this.#unclaimed.push(scope)
    else waiting.resolve(scope)
  }

  /** The target is gone: nobody will answer. */
  lose(error: Error): void {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error)
    for (const waiting of this.#byStream.values()) waiting.reject(error)
  }
}
