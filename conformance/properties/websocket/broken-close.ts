import fc, { type Arbitrary } from 'fast-check'
import * as arbitrary from '../../arbitraries/websocket.ts'
import { show } from '../../testers/values.ts'
import { closeBody } from '../../websocket/close.ts'
import { closeFrame } from '../../websocket/message-plan.ts'
import { establish } from '../../websocket/open.ts'
import { ENDING_ALIKE, exchangeProperty, type Property } from '../property.ts'

const BELOW = 'wire/rfc6455/codes-below-1000'
const RESERVED = 'wire/rfc6455/reserved-codes-not-sent'
const DISCONNECT = 'websocket/disconnect/any-cause'
const CLOSED = 'wire/rfc6455/tcp-closed-by-server'

/** Codes that a Close frame never holds (RFC 6455 §7.4). */
const wrongCode: Arbitrary<number> = fc.oneof(
  fc.integer({ min: 0, max: 999 }),
  fc.constantFrom(0, 999, 1005, 1006, 1015),
)

/** Bodies that break RFC 6455 §5.5.1 or §7.4, as binary strings. */
const wrongBody: Arbitrary<string> = fc
  .oneof(
    wrongCode.map((code) => closeBody(code, 'why')),
    wrongCode.map((code) => closeBody(code)),
    fc.nat(255).map((byte) => Buffer.from([byte])),
    fc
      .constantFrom('ff', 'c080', 'eda080', 'f4908080', 'e282', '80')
      .map((hex) => Buffer.concat([closeBody(1000, 'why'), Buffer.from(hex, 'hex')])),
  )
  .map((body) => body.toString('latin1'))

/** The twin of `wire/rfc6455/close-answered`: closes that are wrong end the connection as well. */
export const brokenClose: readonly Property[] = [
  exchangeProperty({
    id: BELOW,
    beyondTcp: ENDING_ALIKE,
    law: 'a Close with a body that no Close may have ends the connection, and is not answered with its like',
    clauses: [
      BELOW,
      RESERVED,
      'wire/rfc6455/close-body',
      'wire/rfc6455/close-reason-utf8',
      DISCONNECT,
      CLOSED,
    ],
    needs: ['websocket'],
    program: fc.record({
      messages: fc.array(arbitrary.smallMessage, { maxLength: 2 }),
      body: wrongBody,
    }),
    async run(trial, { messages, body }) {
      const exchange = await establish(trial)
      exchange.say(messages)
      await exchange.receiveAll(messages.length, 'websocket/receive/event')
      exchange.peer.write(closeFrame(Buffer.from(body, 'latin1')))
      const event = await exchange.receive(DISCONNECT)
      const ended = event['type'] === 'websocket.disconnect'
      trial.check(DISCONNECT, ended, 'websocket.disconnect', () => show(event))
      await exchange.app.return()
      await exchange.closed(CLOSED)
      trial.check(CLOSED, true, '', () => '')
      // What else is wrong with the body of the answer is noted wherever a Close is read.
      const code = exchange.peer.reader.close?.code ?? null
      const observed = (): string => `a Close with code ${code}`
      trial.check(BELOW, code === null || code >= 1000, 'no code below 1000', observed)
      const isReserved = code === 1005 || code === 1006 || code === 1015
      trial.check(RESERVED, !isReserved, 'no code that is reserved for the local side', observed)
    },
  }),
]
