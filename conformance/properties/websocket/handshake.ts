import fc from 'fast-check'
import * as http from '../../arbitraries/http.ts'
import * as arbitrary from '../../arbitraries/websocket.ts'
import type { HttpRequest } from '../../testers/request.ts'
import { isDict, show } from '../../testers/values.ts'
import { encodeFrame } from '../../websocket/frame.ts'
import { handshakeRequest, PLAIN } from '../../websocket/handshake.ts'
import { framesOf } from '../../websocket/message-plan.ts'
import { adopt, knock, openWebSocket } from '../../websocket/open.ts'
import { exchangeProperty, type Property } from '../property.ts'

/** Forms of one handshake that RFC 6455 §4.2.1 does not tell apart. */
interface Form {
  readonly upgrade: string
  readonly connection: string
  readonly names: 'as is' | 'lower' | 'upper'
  readonly key: string
}

const form: fc.Arbitrary<Form> = fc.record({
  upgrade: fc.constantFrom('websocket', 'WebSocket', 'WEBSOCKET', 'Websocket'),
  connection: fc.constantFrom(
    'Upgrade',
    'upgrade',
    'UPGRADE',
    'keep-alive, Upgrade',
    'Upgrade, keep-alive',
    'keep-alive,upgrade',
  ),
  names: fc.constantFrom('as is', 'lower', 'upper'),
  key: fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map((bytes) => Buffer.from(bytes).toString('base64')),
})

function shaped(request: HttpRequest, { upgrade, connection, names }: Form): HttpRequest {
  const headers = request.headers.map(([name, value]) => {
    const written = name === 'Upgrade' ? upgrade : name === 'Connection' ? connection : value
    const spelt =
      names === 'lower' ? name.toLowerCase() : names === 'upper' ? name.toUpperCase() : name
    return [spelt, written] as const
  })
  return { ...request, headers }
}

/** www.rst, "Connect - receive event", and RFC 6455 §4.2 below it. */
export const handshake: readonly Property[] = [
  exchangeProperty({
    id: 'wire/rfc6455/handshake-response',
    law: 'a handshake in any of its forms and segments is answered with the 101 that its key calls for',
    clauses: [
      'wire/rfc9110/date',
      'wire/rfc6455/handshake-response',
      'wire/rfc6455/accept-key',
      'wire/rfc6455/handshake-case-insensitive',
      'wire/rfc6455/handshake-unknown-fields',
      'wire/rfc6455/extensions-from-offer',
      'websocket/connect/event',
      'websocket/accept/completes-handshake',
    ],
    needs: ['websocket'],
    program: fc.record({ handshake: arbitrary.handshake, form, cuts: http.cutShares }),
    async run(trial, { handshake: plan, form: shape, cuts }) {
      const request = shaped(handshakeRequest(plan, shape.key), shape)
      const exchange = await openWebSocket(trial, request, { cuts: http.cutsOf(cuts, 200) })
      await exchange.connect()
      const { status } = await exchange.accept()
      for (const clause of FORM_CLAUSES) {
        trial.check(clause, status === 101, 'status 101', () => `status ${status}`)
      }
    },
  }),
  exchangeProperty({
    id: 'websocket/connect/before-handshake',
    law: 'websocket.connect comes before the handshake is complete, and no 101 before the accept',
    clauses: ['websocket/connect/before-handshake', 'websocket/connect/event'],
    needs: ['websocket'],
    program: fc.record({ handshake: arbitrary.handshake, asks: fc.boolean() }),
    async run(trial, { handshake: plan, asks }) {
      const exchange = await openWebSocket(trial, plan)
      const { wire } = exchange.channel
      if (asks) await exchange.connect()
      await trial.iut.cameWithinQuiet(wire.activity())
      trial.check(
        'websocket/connect/before-handshake',
        wire.events.every(({ direction }) => direction === 'out'),
        'nothing on the wire until the application answers',
        () => wire.events.at(-1)?.bytes.toString('latin1').slice(0, 200) ?? '',
      )
      if (!asks) await exchange.connect()
      await exchange.accept()
    },
  }),
  exchangeProperty({
    id: 'websocket/connect/no-receive-before-answer',
    law: 'a client that does not wait for the 101 gets no message to the application before the answer',
    clauses: ['websocket/connect/no-receive-before-answer', 'websocket/connect/event'],
    needs: ['websocket'],
    program: fc.record({ message: arbitrary.smallMessage, accepted: fc.boolean() }),
    async run(trial, { message, accepted }) {
      const early = Buffer.concat(framesOf(message).map(encodeFrame))
      const request = handshakeRequest(PLAIN)
      const answer = await knock(trial, request, { early })
      // RFC 6455 §4.1 tells the client to wait, so a server may well refuse one that does not.
      if (answer.scope === null) return
      const exchange = adopt(trial, request, answer)
      exchange.sent.push(message)
      await exchange.connect()
      const waiting = exchange.app.receive()
      await trial.iut.cameWithinQuiet(waiting)
      const [, second] = exchange.app.calls
      const event = second?.outcome?.value ?? null
      trial.check(
        'websocket/connect/no-receive-before-answer',
        !(isDict(event) && event['type'] === 'websocket.receive'),
        'no websocket.receive before the application has answered',
        () => show(event),
      )
      trial.check(
        'websocket/connect/event',
        !(isDict(event) && event['type'] === 'websocket.connect'),
        'one websocket.connect for the connection',
        () => 'another one for the next receive()',
      )
      if (accepted) await exchange.send({ type: 'websocket.accept' })
    },
  }),
]

const FORM_CLAUSES = [
  'wire/rfc6455/handshake-case-insensitive',
  'wire/rfc6455/handshake-unknown-fields',
]
