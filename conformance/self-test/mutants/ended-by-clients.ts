import { TLSSocket } from 'node:tls'
import { FRAME } from '../../http2/frame.ts'
import { FrameReader } from '../../http2/frame-reader.ts'
import type { Mutant } from './mutant.ts'

/** What one client does, by its right, and a server ends of it, for all. */
export const endedByClientMutants: readonly Mutant[] = [
  {
    id: 'ended-by-clients/answer-to-nobody',
    property: 'wire/rfc9113/stream-error-alone',
    clause: 'wire/rfc9113/stream-error-alone',
    breaks: 'a stream that is reset in the segment of its head ends the server',
    sabotage: {
      incoming: (bytes) => {
        if (isTakenBack(bytes)) setImmediate(fail)
        return bytes
      },
    },
  },
  {
    id: 'ended-by-clients/name-without-parts',
    property: 'config/tls-client-certificate-required',
    clause: 'config/tls-client-certificate-required',
    breaks: 'a client certificate with an empty subject ends the server',
    sabotage: { process: failOnNameless },
  },
]

function isTakenBack(bytes: string): boolean {
  const frames = new FrameReader().push(Buffer.from(bytes, 'latin1'))
  const opened = new Set<number>()
  for (const { type, stream } of frames) {
    if (type === FRAME.headers) opened.add(stream)
    if (type === FRAME.rstStream && opened.has(stream)) return true
  }
  return false
}

function failOnNameless(): void {
  const { prototype } = TLSSocket
  const real: unknown = Reflect.get(prototype, 'getPeerCertificate')
  if (typeof real !== 'function') return
  Reflect.set(prototype, 'getPeerCertificate', function read(this: TLSSocket, ...rest: unknown[]) {
    const peer: { readonly raw?: Buffer; readonly subject?: object } = Reflect.apply(
      real,
      this,
      rest,
    )
    if (peer.raw !== undefined && Object.keys(peer.subject ?? {}).length === 0) setImmediate(fail)
    return peer
  })
}

function fail(): never {
  throw new Error('planted')
}
