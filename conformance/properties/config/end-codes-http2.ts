import type { Trial } from '../../testers/trial.ts'
import type { MessageReader } from '../../websocket/message-reader.ts'
import { accept, open, receive, type Socket, send } from '../http2/web-socket-stream.ts'

const CODES = 'config/websocket-end-codes'

/** An accepted WebSocket on a stream of HTTP/2. */
interface Opened {
  readonly socket: Socket
  readonly reader: MessageReader
}

/** Null where the server announces no WebSocket over HTTP/2. */
export async function openOverHttp2(trial: Trial, speaks: boolean): Promise<Opened | null> {
  const socket = await open(trial, '/', [])
  if (socket === null) return null
  await receive(trial, socket, 'websocket/connect/event', 'websocket.connect')
  const reader = await accept(trial, socket, null)
  if (speaks) await send(trial, socket, { type: 'websocket.send', text: 'one' }, CODES)
  return { socket, reader }
}

export async function judgeCodeOverHttp2(
  trial: Trial,
  { socket: { client, stream }, reader }: Opened,
  expected: number,
): Promise<void> {
  await trial.iut.within(
    client.until(() => reader.close !== null || stream.over),
    CODES,
    'a Close frame on the stream',
  )
  const seen = reader.close?.code ?? null
  trial.check(CODES, seen === expected, `a Close with ${expected} on the stream`, () =>
    String(seen),
  )
}
