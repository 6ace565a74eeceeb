import { FLAG, FRAME, type Frame, PREFACE } from '../../http2/frame.ts'
import { clientFrames2, serverFrames2 } from '../sabotage/http2.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import type { Tap } from '../sabotage/tap.ts'
import { heads, isNamed, requests, segments } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** What a third look at the wire found untried: other ways to write the same, later requests, own answers. */
export const thirdSightWireMutants: readonly Mutant[] = [
  {
    id: 'third-sight/priority-not-read-over',
    property: 'http/scope/pseudo-headers-removed',
    clause: 'http/scope/one-per-request',
    breaks: 'over HTTP/2 a request whose HEADERS tell a priority is taken for an undecodable one',
    sabotage: blocks((frame) =>
      (frame.flags & FLAG.priority) === 0 ? frame : { ...frame, flags: FLAG.endHeaders },
    ),
  },
  {
    id: 'third-sight/table-size-update-refused',
    property: 'http/scope/pseudo-headers-removed',
    clause: 'http/scope/one-per-request',
    breaks: 'over HTTP/2 a field block that begins with a size of the dynamic table is refused',
    sabotage: blocks((frame) =>
      frame.flags === (frame.flags & (FLAG.endHeaders | FLAG.endStream)) &&
      ((frame.payload[0] ?? 0) & 0xe0) === 0x20
        ? { ...frame, payload: Buffer.of(0x80) }
        : frame,
    ),
  },
  {
    id: 'third-sight/preface-in-pieces-refused',
    property: 'http/receive/body-concatenation/http2-segments',
    clause: 'http/scope/one-per-request',
    breaks: 'a connection of HTTP/2 whose preface does not come in one segment is reset',
    sabotage: segments((bytes, tap) => {
      const isPart = bytes.length > 0 && bytes.length < PREFACE.length
      if (isPart && PREFACE.toString('latin1').startsWith(bytes)) tap.reset()
      return bytes
    }),
  },
  {
    id: 'third-sight/own-errors-without-date',
    property: 'wire/rfc9110/date-of-own-errors',
    clause: 'wire/rfc9110/date-of-own-errors',
    breaks: 'an answer of status 400 has no Date',
    sabotage: heads((head) =>
      head.statusLine.includes(' 400 ')
        ? { ...head, lines: head.lines.filter((line) => !isNamed(line, 'date')) }
        : head,
    ),
  },
  {
    id: 'third-sight/later-request-lines-unlimited',
    property: 'config/limit-request-line/edge',
    clause: 'config/limit-request-line',
    breaks: 'the limit of the request line is one of the first request on a connection',
    sabotage: shortenedLater(),
  },
  {
    id: 'third-sight/stream-closed-as-no-error',
    property: 'wire/rfc9113/goaway-on-error',
    clause: 'wire/rfc9113/stream-closed',
    breaks: 'what comes behind END_STREAM is answered with NO_ERROR',
    sabotage: serverFrames2((frame) =>
      frame.type === FRAME.goaway && frame.payload.readUInt32BE(4) === 5
        ? [{ ...frame, payload: Buffer.of(0, 0, 0, 0, 0, 0, 0, 0) }]
        : [frame],
    ),
  },
  {
    id: 'third-sight/undefined-flag-refused',
    property: 'wire/rfc9113/reserved-ignored',
    clause: 'wire/rfc9113/reserved-ignored',
    breaks: 'HEADERS with a flag that they do not define are an error',
    sabotage: clientFrames2((frame) =>
      frame.type === FRAME.headers && (frame.flags & 0x40) !== 0
        ? [{ ...frame, stream: 0 }]
        : [frame],
    ),
  },
]

/** Changes the HEADERS of clients. */
function blocks(edit: (frame: Frame) => Frame): Sabotage {
  return clientFrames2((frame) => [frame.type === FRAME.headers ? edit(frame) : frame])
}

/** Once a head has ended on a connection, long targets are short before the server counts them. */
function shortenedLater(): Sabotage {
  const served = new WeakSet<Tap>()
  return requests((bytes, tap) => {
    const later = served.has(tap)
    if (bytes.includes('\r\n\r\n')) served.add(tap)
    return later ? bytes.replace(/^(GET \/)?a{20,}/, '$1') : bytes
  })
}
