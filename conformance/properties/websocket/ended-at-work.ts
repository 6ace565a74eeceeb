import fc from 'fast-check'
import { unlike } from '../../arbitraries/websocket.ts'
import type { Trial } from '../../testers/trial.ts'
import { type PyDict, show } from '../../testers/values.ts'
import { closeBody } from '../../websocket/close.ts'
import type { WebSocketExchange } from '../../websocket/exchange.ts'
import { PLAIN } from '../../websocket/handshake.ts'
import { closeFrame, type MessagePlan, plainMessage } from '../../websocket/message-plan.ts'
import { establish } from '../../websocket/open.ts'
import { establishOver } from '../http2/web-socket-exchange.ts'
import { ENDING_ALIKE, exchangeProperty, type Property } from '../property.ts'

const DISCONNECT = 'websocket/disconnect/any-cause'
const MESSAGE = 'websocket/receive/event'
const RETURNS = 'asgi/send/returns'

type End = 'close frame' | 'end' | 'reset'

const COMPRESSED = { ...PLAIN, extensions: ['permessage-deflate'] }

/** It takes a while to compress and to decompress; what is the same in it lies further apart than any window reaches. */
const PIECE = unlike(2, 2 ** 16)
const LARGE = Buffer.from(PIECE.repeat(48))
/** Within the smallest limit that a server is known to have by default, 1 MiB (daphne). */
const WITHIN = PIECE.repeat(15)

/** www.rst, "Disconnect - receive event": a client may end its connection in the middle of the server's work. */
export const endedAtWork: Property = exchangeProperty({
  id: `${DISCONNECT}/at-work`,
  beyondTcp: ENDING_ALIKE,
  law: 'a client that ends its connection while a large message is compressed or decompressed is missed by its application, and by nobody else',
  clauses: [DISCONNECT, MESSAGE, RETURNS],
  needs: ['websocket'],
  enough: 12,
  caseOf: ({ work, end, http2 }) => `${work} ${end} ${http2}`,
  program: fc
    .record({
      work: fc.constantFrom('compression' as const, 'decompression' as const),
      end: fc.constantFrom<End>('close frame', 'end', 'reset'),
      /** The application waits for the event already. */
      listening: fc.boolean(),
      http2: fc.boolean(),
    })
    // Whether the end of a stream is heard at all is judged without any work (websocket/disconnect/http2).
    .filter(({ end, http2 }) => !http2 || end !== 'end'),
  async run(trial, { work, end, listening, http2 }) {
    const exchange = await establishOver(trial, http2, COMPRESSED)
    if (work === 'compression') await judgeCompression(trial, exchange, end, listening)
    else await judgeDecompression(trial, exchange, end, listening)
    void exchange.app.return().catch(() => undefined)
    await establish(trial, COMPRESSED)
  },
})

async function judgeCompression(
  trial: Trial,
  exchange: WebSocketExchange,
  end: End,
  listening: boolean,
): Promise<void> {
  const { app } = exchange
  const waiting = listening ? later(exchange.receive(DISCONNECT)) : null
  const sending = app.send({ type: 'websocket.send', bytes: LARGE })
  // The server has begun with it.
  await trial.iut.settle()
  leave(exchange, end)
  judgeGone(trial, await (waiting ?? exchange.receive(DISCONNECT)))
  // Whether it waits for a window by then hangs on the speed of the machine: blocked-response/http2 lets it wait.
  if (end === 'reset' && exchange.tunnel !== exchange.channel.wire) return
  await trial.iut.returned(sending)
  trial.check(RETURNS, true, '', () => '')
}

async function judgeDecompression(
  trial: Trial,
  exchange: WebSocketExchange,
  end: End,
  listening: boolean,
): Promise<void> {
  const plan: MessagePlan = plainMessage('text', WITHIN)
  const waiting = listening ? later(exchange.receive(MESSAGE)) : null
  exchange.say([plan], exchange.peer.deflater)
  leave(exchange, end)
  const first = await (waiting ?? exchange.receive(MESSAGE))
  const arrived = first['type'] === 'websocket.receive'
  // A reset may take away what the server has not read.
  if (end !== 'reset')
    trial.check(MESSAGE, arrived, 'the message before the end', () => show(first, 100))
  judgeGone(trial, arrived ? await exchange.receive(DISCONNECT) : first)
}

function leave({ channel, peer, tunnel }: WebSocketExchange, end: End): void {
  const { wire } = channel
  if (end === 'close frame') peer.write(closeFrame(closeBody(1000)))
  else if (end === 'reset') wire.reset()
  else if (tunnel === wire) wire.end()
  else tunnel.close()
}

function judgeGone(trial: Trial, event: PyDict): void {
  const gone = event['type'] === 'websocket.disconnect'
  trial.check(DISCONNECT, gone, 'websocket.disconnect', () => show(event, 100))
}

/** It is waited for when the client has left, and may fail before. */
function later<T>(pending: Promise<T>): Promise<T> {
  pending.catch(() => undefined)
  return pending
}
