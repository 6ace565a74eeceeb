import fc from 'fast-check'
import * as http from '../../arbitraries/http.ts'
import * as arbitrary from '../../arbitraries/websocket.ts'
import type { HttpRequest } from '../../testers/request.ts'
import { Abandoned, type Trial } from '../../testers/trial.ts'
import { isDict, show } from '../../testers/values.ts'
import { encodeFrame } from '../../websocket/frame.ts'
import { type Handshake, handshakeRequest, PLAIN } from '../../websocket/handshake.ts'
import { framesOf } from '../../websocket/message-plan.ts'
import { adopt, hold, knock, openWebSocket } from '../../websocket/open.ts'
import { exchangeProperty, type Property } from '../property.ts'

const ONCE = 'asgi/app/once-per-connection'

/** Forms of one handshake that RFC 6455 §4.2.1 does not tell apart. */
interface Form {
  readonly upgrade: string
  readonly connection: string
  readonly names: 'as is' | 'lower' | 'upper'
  readonly key: string
  /** A field that RFC 6455 does not define, whatever its name looks like. */
  readonly unknown: string | null
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
  unknown: fc.option(
    fc.constantFrom('Sec-WebSocket-Note', 'Sec-WebSocket-Key1', 'Sec-WebSocket-Origin'),
    { nil: null },
  ),
})

/** The same octets to a decoder that does not mind which bits stand where base64 uses none (RFC 4648 §3.5). */
function withSpareBits(key: string): string {
  return key.replace(/[AQgw]==$/, (last) => `${String.fromCharCode(last.charCodeAt(0) + 1)}==`)
}

function shaped(request: HttpRequest, { upgrade, connection, names, unknown }: Form): HttpRequest {
  const extra = unknown === null ? [] : [[unknown, 'assay'] as const]
  const headers = [...request.headers, ...extra].map(([name, value]) => {
    const written = name === 'Upgrade' ? upgrade : name === 'Connection' ? connection : value
    const spelt =
      names === 'lower' ? name.toLowerCase() : names === 'upper' ? name.toUpperCase() : name
    return [spelt, written] as const
  })
  return { ...request, headers }
}

/** When the application asks for its first event: as it is called, before it answers, or behind its answer. */
const ASKS = ['at once', 'in time', 'behind the accept'] as const

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
      const opening = openWebSocket(trial, request, { cuts: http.cutsOf(cuts, 200) })
      const exchange = await opening.catch(async (error: unknown) => {
        if (error instanceof Abandoned) await judgeForm(trial, plan, shape)
        throw error
      })
      await exchange.connect()
      const { status } = await exchange.accept()
      for (const clause of FORM_CLAUSES) {
        trial.check(clause, status === 101, 'status 101', () => `status ${status}`)
      }
    },
  }),
  exchangeProperty({
    id: 'wire/rfc6455/accept-key',
    law: 'a handshake that is completed is answered for its key as it stands, octet by octet',
    clauses: ['wire/rfc6455/accept-key'],
    needs: ['websocket'],
    enough: 4,
    program: form.map(({ key }) => withSpareBits(key)),
    async run(trial, key) {
      const request = handshakeRequest(PLAIN, key)
      const answer = await knock(trial, request)
      // A strict decoder refuses it (RFC 6455 §4.2.1: "when decoded, is 16 bytes in length").
      if (answer.scope === null || answer.scope.type !== 'websocket') return
      const exchange = adopt(trial, request, answer)
      await exchange.connect()
      await exchange.tryToAccept({})
    },
  }),
  exchangeProperty({
    id: 'websocket/connect/before-handshake',
    law: 'websocket.connect comes before the handshake is complete, and no 101 before the accept; an application that accepts without a receive() still gets it',
    clauses: ['websocket/connect/before-handshake', 'websocket/connect/event'],
    needs: ['websocket'],
    program: fc.record({ handshake: arbitrary.handshake, asks: fc.constantFrom(...ASKS) }),
    families: { names: ASKS, of: ({ asks }) => asks },
    async run(trial, { handshake: plan, asks }) {
      const exchange = await openWebSocket(trial, plan)
      const { wire } = exchange.channel
      if (asks === 'at once') await exchange.connect()
      await trial.iut.cameWithinQuiet(wire.activity())
      trial.check(
        'websocket/connect/before-handshake',
        wire.events.every(({ direction }) => direction === 'out'),
        'nothing on the wire until the application answers',
        () => wire.events.at(-1)?.bytes.toString('latin1').slice(0, 200) ?? '',
      )
      if (asks === 'in time') await exchange.connect()
      await exchange.accept()
      if (asks === 'behind the accept') await exchange.connect()
    },
  }),
  exchangeProperty({
    id: 'websocket/connect/no-receive-before-answer',
    law: 'a client that does not wait for the 101 gets no message to the application before the answer',
    clauses: [
      'websocket/connect/no-receive-before-answer',
      'websocket/connect/before-handshake',
      'websocket/connect/event',
      ONCE,
    ],
    needs: ['websocket'],
    program: fc.record({
      message: arbitrary.smallMessage,
      accepted: fc.boolean(),
      /** It comes when the application has been called. */
      apart: fc.boolean(),
    }),
    async run(trial, { message, accepted, apart }) {
      const early = Buffer.concat(framesOf(message).map(encodeFrame))
      const request = handshakeRequest(PLAIN)
      const answer = await knock(trial, request, apart ? {} : { early })
      // RFC 6455 §4.1 tells the client to wait, so a server may well refuse one that does not.
      if (answer.scope === null) return
      const exchange = adopt(trial, request, answer)
      exchange.sent.push(message)
      await exchange.connect()
      if (apart) exchange.channel.wire.write(early)
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
      const { scopes, wire } = exchange.channel
      trial.check(
        'websocket/connect/before-handshake',
        wire.events.every(({ direction, bytes }) => direction === 'out' || !isSwitching(bytes)),
        'no 101 while the application waits for a second event',
        () => '101',
      )
      trial.check(
        ONCE,
        scopes.length === 1,
        'one call of the application',
        () => `${scopes.length}`,
      )
      if (accepted) await exchange.send({ type: 'websocket.accept' })
    },
  }),
]

function isSwitching(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 16).startsWith('HTTP/1.1 101')
}

const ANY_CASE = 'wire/rfc6455/handshake-case-insensitive'
const UNKNOWN = 'wire/rfc6455/handshake-unknown-fields'
const FORM_CLAUSES = [ANY_CASE, UNKNOWN]

/** What was wrong with a handshake that was not taken: it is tried once more without what is particular to it. */
async function judgeForm(trial: Trial, plan: Handshake, shape: Form): Promise<void> {
  const { unknown } = shape
  const isTakenAs = async (other: Form): Promise<boolean> => {
    const { scope } = await knock(trial, shaped(handshakeRequest(plan, shape.key), other))
    if (scope !== null) hold(trial, scope)
    return scope?.type === 'websocket'
  }
  const usual = {
    ...shape,
    upgrade: 'websocket',
    connection: shape.connection.replace(/upgrade/i, 'Upgrade'),
  }
  const cased = usual.upgrade !== shape.upgrade || usual.connection !== shape.connection
  const written = `Upgrade: ${shape.upgrade}, Connection: ${shape.connection}`
  if (cased && (await isTakenAs(usual)))
    trial.check(ANY_CASE, false, 'a handshake in any case', () => `none in ${written}`)
  if (unknown !== null && (await isTakenAs({ ...shape, unknown: null })))
    trial.check(UNKNOWN, false, 'a handshake whatever else it holds', () => `none with ${unknown}`)
}
