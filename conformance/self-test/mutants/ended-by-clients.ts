import { FRAME } from '../../http2/frame.ts'
import { FrameReader } from '../../http2/frame-reader.ts'
import { clientFrames2, serverFrames2 } from '../sabotage/http2.ts'
import { both } from '../sabotage/sabotage.ts'
import type { Tap } from '../sabotage/tap.ts'
import { aroundTls } from '../sabotage/tls.ts'
import type { Mutant } from './mutant.ts'

/** What one client does, by its right, and a server ends of it, for all. */
export const endedByClientMutants: readonly Mutant[] = [
  {
    id: 'ended-by-clients/answer-to-nobody',
    property: 'wire/rfc9113/stream-error-alone',
    clause: 'wire/rfc9113/stream-error-alone',
    breaks: 'a stream that is reset in the segment of its head ends the server',
    sabotage: failingBehind(0),
  },
  {
    id: 'ended-by-clients/tunnel-in-the-way',
    property: 'wire/rfc9113/streams-independent/tunnel',
    clause: 'wire/rfc9113/streams-independent',
    breaks: 'behind a CONNECT nothing more is sent on any stream of its connection',
    sabotage: inTheWay(),
  },
  {
    id: 'ended-by-clients/refusal-to-nobody',
    property: 'config/limit-body-size/edge',
    clause: 'config/limit-body-size',
    breaks: 'content that is too large on a stream that is reset in its segment ends the server',
    sabotage: failingBehind(100),
  },
  {
    id: 'ended-by-clients/name-without-parts',
    property: 'config/tls-client-certificate-required',
    clause: 'config/tls-client-certificate-required',
    breaks: 'a client certificate with an empty subject ends the server',
    sabotage: { process: failOnNameless },
  },
]

/** Ends the server over a request that is taken back behind so many octets of content or more. */
function failingBehind(least: number): Mutant['sabotage'] {
  return {
    incoming: (bytes) => {
      if (isTakenBack(bytes, least)) setImmediate(fail)
      return bytes
    },
  }
}

/** A request is reset in the segment of its head, behind so many octets of content or more. */
function isTakenBack(bytes: string, least: number): boolean {
  const frames = new FrameReader().push(Buffer.from(bytes, 'latin1'))
  const contents = new Map<number, number>()
  for (const { type, stream, payload } of frames) {
    const content = contents.get(stream)
    if (type === FRAME.headers) contents.set(stream, 0)
    if (content === undefined) continue
    if (type === FRAME.data) contents.set(stream, content + payload.length)
    if (type === FRAME.rstStream && content >= least) return true
  }
  return false
}

function inTheWay(): Mutant['sabotage'] {
  const stuck = new WeakSet<Tap>()
  const noted = clientFrames2((frame, tap) => {
    if (frame.type === FRAME.headers && !frame.payload.includes(':path')) stuck.add(tap)
    return [frame]
  })
  const kept = serverFrames2((frame, tap) => (frame.stream > 0 && stuck.has(tap) ? [] : [frame]))
  return both(kept, noted)
}

function failOnNameless(): void {
  aroundTls('getPeerCertificate', (_socket, _given, read) => {
    const peer: { readonly raw?: Buffer; readonly subject?: object } = Object(read())
    if (peer.raw !== undefined && Object.keys(peer.subject ?? {}).length === 0) setImmediate(fail)
    return peer
  })
}

function fail(): never {
  throw new Error('planted')
}
