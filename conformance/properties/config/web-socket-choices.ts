import fc, { type Arbitrary } from 'fast-check'
import type { Trial } from '../../testers/trial.ts'
import { type Message, show } from '../../testers/values.ts'
import { describeAnswer, type WebSocketExchange } from '../../websocket/exchange.ts'
import { establish, openWebSocket } from '../../websocket/open.ts'
import * as overHttp2 from '../http2/web-socket-exchange.ts'
import { exchangeProperty, type Property, processProperty } from '../property.ts'

const CODES = 'config/websocket-end-codes'
const HALF_CLOSE = 'config/half-close'
const CUT_SHORT = 'config/cut-short-visibly'
const STATUS = 'config/application-error-status'

/** How an application leaves before its work is done. */
export type Leaving = 'return' | 'RuntimeError' | 'ValueError'

export const leaving: Arbitrary<Leaving> = fc.constantFrom('return', 'RuntimeError', 'ValueError')

/** What a server promises of WebSockets where the specification leaves it a choice. */
export const webSocketChoices: readonly Property[] = [
  exchangeProperty({
    id: CODES,
    law: 'an accepted WebSocket whose application returns is closed with 1000, and one whose application raises with 1011',
    clauses: [CODES],
    needs: ['websocket', 'documented/websocket-end-codes'],
    program: fc.record({ how: leaving, speaks: fc.boolean(), http2: fc.boolean() }),
    async run(trial, { how, speaks, http2 }) {
      const expected = how === 'return' ? 1000 : 1011
      const exchange = await overHttp2.establishOver(trial, http2)
      if (speaks) await exchange.send({ type: 'websocket.send', text: 'one' })
      await (how === 'return' ? exchange.app.return() : exchange.app.raise(how))
      await exchange.leave(CODES)
      const { close } = exchange.peer.reader
      trial.check(CODES, close?.code === expected, `a Close with ${expected}`, () =>
        String(close?.code),
      )
    },
  }),
  processProperty({
    id: `${CODES}/stopping`,
    law: 'a server that stops closes the WebSockets that are open with 1012, and one that is accepted only then',
    clauses: [CODES],
    needs: ['websocket', 'process', 'process/drains-on-sigterm', 'documented/websocket-end-codes'],
    enough: 2,
    program: fc.record({ connections: fc.constantFrom(1, 3), speaks: fc.boolean() }),
    async run(launcher, { connections, speaks }) {
      const iut = await launcher.serve(CODES, {})
      const trial = launcher.trial(iut)
      const exchanges: WebSocketExchange[] = []
      for (let index = 0; index < connections; index += 1) exchanges.push(await establish(trial))
      exchanges.push(...(await overHttp2.alsoOverHttp2(trial)))
      if (speaks)
        for (const exchange of exchanges)
          await exchange.send({ type: 'websocket.send', text: 'one' })
      const pending = await openWebSocket(trial)
      await pending.connect()
      iut.expectEnd()
      iut.signal('SIGTERM')
      for (const exchange of exchanges) {
        await exchange.over(CODES)
        const { close } = exchange.peer.reader
        trial.check(CODES, close?.code === 1012, 'a Close with 1012', () => String(close?.code))
        exchange.answerClose()
      }
      // It is certainly stopping now, and may be gone. One that takes the handshake has a WebSocket more to close.
      pending.misused = true
      if (!(await pending.tryToAccept().catch(() => false))) return
      await pending.over(CODES)
      const { close } = pending.peer.reader
      trial.check(CODES, close?.code === 1012, 'a Close with 1012 behind a late acceptance', () =>
        String(close?.code),
      )
      pending.answerClose()
    },
  }),
]

/** A handshake whose application leaves before a byte of its answer has left. */
interface Unanswered {
  readonly of: 'a handshake'
  readonly how: Leaving
  readonly begun: boolean
  readonly http2: boolean
}

export const unanswered: Arbitrary<Unanswered> = fc.record({
  of: fc.constant('a handshake' as const),
  how: leaving,
  begun: fc.boolean(),
  http2: fc.boolean(),
})

export async function judgeUnanswered(
  trial: Trial,
  { how, begun, http2 }: Unanswered,
): Promise<void> {
  const exchange = await handshaking(trial, http2)
  if (exchange === null) return
  exchange.misused = begun
  if (begun) await exchange.send({ ...START, headers: [] })
  await (how === 'return' ? exchange.app.return() : exchange.app.raise(how))
  const answer = await exchange.response(STATUS)
  trial.check(STATUS, answer?.status === 500, 'status 500', () => describeAnswer(answer))
}

/** A denial whose application leaves in the middle of it. */
interface HalfDenied {
  readonly of: 'a denial'
  readonly how: Leaving
  readonly sized: boolean
  readonly http2: boolean
}

export const halfDenied: Arbitrary<HalfDenied> = fc.record({
  of: fc.constant('a denial' as const),
  how: leaving,
  sized: fc.boolean(),
  http2: fc.boolean(),
})

export async function judgeHalfDenied(
  trial: Trial,
  { how, sized, http2 }: HalfDenied,
): Promise<void> {
  const exchange = await handshaking(trial, http2)
  if (exchange === null) return
  exchange.misused = true
  const length = [Buffer.from('content-length'), Buffer.from('9')]
  await exchange.send({ ...START, headers: sized ? [length] : [] })
  const body = Buffer.from('half')
  await exchange.send({ type: 'websocket.http.response.body', body, more_body: true })
  await (how === 'return' ? exchange.app.return() : exchange.app.raise(how))
  const response = await exchange.response(CUT_SHORT)
  trial.check(
    CUT_SHORT,
    response?.complete !== true,
    'a denial that is visibly cut short',
    () => 'one that ends like a whole one',
  )
}

/** A handshake whose client ends its side, and reads on. */
interface HalfClosed {
  readonly of: 'a handshake'
  /** The application asks for events behind the end. */
  readonly asks: boolean
  /** Half of the denial is on its way by then. */
  readonly begun: boolean
  readonly http2: boolean
}

export const halfClosed: Arbitrary<HalfClosed> = fc.record({
  of: fc.constant('a handshake' as const),
  asks: fc.boolean(),
  begun: fc.boolean(),
  http2: fc.boolean(),
})

export async function judgeHalfClosed(
  trial: Trial,
  { asks, begun, http2 }: HalfClosed,
): Promise<void> {
  const exchange = await handshaking(trial, http2)
  if (exchange === null) return
  exchange.misused = true
  const start = async (): Promise<void> => {
    await exchange.send({ ...START, headers: [] })
    await exchange.send(bodyOf('still', true))
  }
  if (begun) await start()
  endSide(exchange)
  await trial.iut.settle(2)
  if (asks) {
    const { type } = await exchange.receive(HALF_CLOSE)
    const told = type === 'websocket.disconnect'
    trial.check(HALF_CLOSE, told, 'websocket.disconnect', () => show(type))
    const { raised } = await exchange.send(
      begun ? bodyOf(' there', false) : { type: 'websocket.close' },
    )
    trial.check(HALF_CLOSE, raised !== null, 'send() raises from then on', () => 'it returned')
    await exchange.app.return()
    return
  }
  if (!begun) await start()
  await exchange.send(bodyOf(' there', false))
  const response = await exchange.response(HALF_CLOSE)
  const whole = response?.complete === true && response.body.toString() === 'still there'
  trial.check(HALF_CLOSE, whole, 'the whole denial', () => describeAnswer(response))
  await exchange.app.return()
}

function bodyOf(text: string, more: boolean): Message {
  return { type: 'websocket.http.response.body', body: Buffer.from(text), more_body: more }
}

function endSide({ tunnel, channel: { wire } }: WebSocketExchange): void {
  if (tunnel === wire) wire.end()
  else tunnel.close()
}

const START = { type: 'websocket.http.response.start', status: 404 }

/** A handshake that its application has heard of, over either version of HTTP. */
export async function handshaking(trial: Trial, http2: boolean): Promise<WebSocketExchange | null> {
  if (http2 && trial.iut.target.has('http/2/prior-knowledge'))
    return await overHttp2.openExchange(trial)
  const exchange = await openWebSocket(trial)
  await exchange.connect()
  return exchange
}
