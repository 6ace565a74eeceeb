import fc from 'fast-check'
import { unlike } from '../../arbitraries/websocket.ts'
import type { Trial } from '../../testers/trial.ts'
import type { WebSocketExchange } from '../../websocket/exchange.ts'
import { PLAIN } from '../../websocket/handshake.ts'
import { establish } from '../../websocket/open.ts'
import {
  BLOCKED_CLAUSES,
  judgeBlocked,
  PIECE,
  responding,
  type Sender,
} from '../http/send-blocked.ts'
import { alsoOverHttp2 } from '../http2/web-socket-exchange.ts'
import { ENDING_ALIKE, exchangeProperty, type Property } from '../property.ts'

const OF = ['a message', 'a response', 'a compressed message', 'a message over HTTP/2'] as const

/** asgi.rst, "Applications": send() returns once the event is sent, or the connection is closed. */
export const blockedSend: Property = exchangeProperty({
  id: 'asgi/send/returns/blocked',
  beyondTcp: ENDING_ALIKE,
  law: 'a send() waits for a client which reads nothing where that is promised, and comes back when that client is lost',
  clauses: BLOCKED_CLAUSES,
  needs: ['websocket'],
  enough: OF.length,
  caseOf: ({ of }) => of,
  program: fc.record({ of: fc.constantFrom(...OF), listening: fc.boolean() }),
  async run(trial, { of, listening }) {
    for (let round = 0; round < ROUNDS; round += 1) {
      const sender = await sending(trial, of)
      if (sender === null || !(await judgeBlocked(trial, sender, listening))) return
    }
  },
})

async function sending(trial: Trial, of: (typeof OF)[number]): Promise<Sender | null> {
  switch (of) {
    case 'a response':
      return await responding(trial)
    case 'a message':
      return speaking(await establish(trial), PIECE)
    case 'a compressed message':
      return speaking(
        await establish(trial, { ...PLAIN, extensions: ['permessage-deflate'] }),
        INCOMPRESSIBLE,
      )
    case 'a message over HTTP/2': {
      const [exchange] = await alsoOverHttp2(trial)
      return exchange === undefined
        ? null
        : { ...speaking(exchange, PIECE), promise: 'flow-control/http2' }
    }
  }
}

function speaking(exchange: WebSocketExchange, bytes: Buffer): Sender {
  exchange.misused = true
  const { channel, app } = exchange
  return { channel, app, piece: { type: 'websocket.send', bytes } }
}

/** A server that forgets such a send() may do so only now and then. */
const ROUNDS = 3

/** It stays about as long as it is: what is the same in it lies further apart than any window reaches. */
const INCOMPRESSIBLE = Buffer.from(unlike(1, 2 ** 16).repeat(PIECE.length / 2 ** 16))
