import { readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { FRAME } from '../../http2/frame.ts'
import { encodeFrame, OPCODE } from '../../websocket/frame.ts'
import { type Dict, sends } from '../sabotage/application.ts'
import { clientFrames2, EndedStreams, serverFrames2 } from '../sabotage/http2.ts'
import { both, type Sabotage } from '../sabotage/sabotage.ts'
import { tapOf } from '../sabotage/tap.ts'
import type { Mutant } from './mutant.ts'

/** Defects in what comes behind a refusal, a Close or the end of a stream. */
export const aftermathMutants: readonly Mutant[] = [
  {
    id: 'aftermath/refused-bytes-counted',
    property: 'config/refused-event-harmless',
    clause: 'config/refused-event-harmless',
    breaks: 'the bytes of a body that was refused as too long count as sent',
    sabotage: countingRefused(),
  },
  {
    id: 'aftermath/beginning-of-refused-file',
    property: 'config/refused-event-harmless',
    clause: 'config/refused-event-harmless',
    breaks: 'of a file that is too long or too short all leaves that fits',
    sabotage: sendingFilesInPieces(),
  },
  {
    id: 'aftermath/others-between-pieces',
    property: 'config/file-in-turn',
    clause: 'config/file-in-turn',
    breaks: 'what is sent beside a file gets between its pieces, and may end the response',
    sabotage: sendingFilesBesideOthers(),
  },
  {
    id: 'aftermath/late-message-raises',
    property: 'config/late-messages-ignored',
    clause: 'config/late-messages-ignored',
    breaks: 'send() raises once the response is complete',
    sabotage: raisingWhenComplete(),
  },
  {
    id: 'aftermath/data-behind-close',
    property: 'wire/rfc6455/no-data-after-close',
    clause: 'wire/rfc6455/no-data-after-close',
    breaks: 'until its client has answered the Close, what the application sends goes out',
    sabotage: sendingBehindClose(),
  },
  {
    id: 'aftermath/data-behind-response',
    property: 'wire/rfc9113/goaway-on-error',
    clause: 'wire/rfc9113/stream-closed',
    breaks: 'DATA on a stream that both sides have ended is ignored',
    sabotage: ignoringLateData(),
  },
]

function countingRefused(): Sabotage {
  const spoilt = new WeakSet<Dict>()
  return sends(async (message, { scope, send }) => {
    if (spoilt.has(scope)) throw new TypeError('longer than its content-length')
    try {
      await send(message)
    } catch (error) {
      if (error instanceof Error && error.message.includes('longer than')) spoilt.add(scope)
      throw error
    }
  })
}

function sendingFilesInPieces(): Sabotage {
  return sends(async (message, { send }) => {
    if (message['type'] !== 'http.response.pathsend') return await send(message)
    const content = readFileSync(String(message['path']))
    const piece = 65_536
    for (let at = 0; at < content.length; at += piece) {
      const body = content.subarray(at, at + piece)
      await send({ type: 'http.response.body', body, more_body: true })
    }
    await send({ type: 'http.response.body', more_body: false })
  })
}

function sendingFilesBesideOthers(): Sabotage {
  return sends(async (message, { send }) => {
    if (message['type'] !== 'http.response.pathsend') return await send(message)
    const content = readFileSync(String(message['path']))
    const half = content.length / 2
    await send({ type: 'http.response.body', body: content.subarray(0, half), more_body: true })
    await setImmediate()
    await send({ type: 'http.response.body', body: content.subarray(half), more_body: false })
  })
}

function raisingWhenComplete(): Sabotage {
  const complete = new WeakSet<Dict>()
  return sends(async (message, { scope, send }) => {
    if (complete.has(scope)) throw new TypeError('the response is complete')
    await send(message)
    if (message['type'] === 'http.response.body' && message['more_body'] !== true)
      complete.add(scope)
  })
}

function sendingBehindClose(): Sabotage {
  const closed = new WeakSet<Dict>()
  return sends(async (message, { scope, send }) => {
    if (message['type'] === 'websocket.close') closed.add(scope)
    const isLate = closed.has(scope) && message['type'] === 'websocket.send'
    if (!isLate) return await send(message)
    const frame = {
      fin: true,
      rsv: 0,
      opcode: OPCODE.text,
      payload: Buffer.from('late'),
      mask: null,
    }
    tapOf(scope)?.inject(encodeFrame(frame).toString('latin1'))
  }, 'websocket')
}

function ignoringLateData(): Sabotage {
  const ended = new EndedStreams()
  return both(
    serverFrames2((frame, tap) => {
      ended.note(frame, tap)
      return [frame]
    }),
    clientFrames2((frame, tap) =>
      frame.type === FRAME.data && ended.has(frame, tap) ? [] : [frame],
    ),
  )
}
