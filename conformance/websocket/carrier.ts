import type { Judge } from '../judge/judge.ts'
import type { HttpRequest } from '../testers/request.ts'
import type { WireResponse } from '../testers/response-reader.ts'
import type { Closing } from '../testers/wire.ts'
import { judgeUpgrade } from './handshake.ts'

/** What frames go over once the handshake is complete, as a client holds it. */
export interface Tunnel {
  /** True while both sides may still send. */
  readonly usable: boolean
  /** True once we have ended our side. */
  readonly finished: boolean
  /** How the server's side ended; null while it has not. */
  readonly closing: Closing | null
  readonly closed: Promise<Closing>
  /** Bytes that were written and have not left, since the server takes no more. */
  readonly unsent: number
  write(bytes: Buffer): void
  /** What has come, and all that comes from now on, goes to `sink`. */
  upgrade(sink: (bytes: Buffer) => void): void
  close(): void
}

/** A version of HTTP, as far as a WebSocket connection depends on the one that carries it. */
export interface Carrier {
  readonly tunnel: Tunnel
  /** The status that completes the handshake, for people. */
  readonly completion: string
  completes(status: number): boolean
  /** Of the response that completed the handshake. */
  judge(judge: Judge, request: HttpRequest, response: WireResponse): void
}

/** RFC 6455: the connection itself, after 101. */
export function overHttp1(tunnel: Tunnel): Carrier {
  return {
    tunnel,
    completion: 'status 101',
    completes: (status) => status === 101,
    judge: judgeUpgrade,
  }
}
