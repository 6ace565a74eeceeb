import type { Channel } from '../testers/channel.ts'
import { MARKER } from '../testers/channel.ts'
import { RemoteScope } from '../testers/remote-scope.ts'
import { type HttpRequest, serialize } from '../testers/request.ts'
import type { WireResponse } from '../testers/response-reader.ts'
import { Abandoned, type Trial } from '../testers/trial.ts'
import { type Message, show } from '../testers/values.ts'
import { describeAnswer, WebSocketExchange } from './exchange.ts'
import { type Handshake, handshakeRequest, PLAIN } from './handshake.ts'

interface OpenOptions {
  /** Offsets at which the request is cut into separate segments. */
  readonly cuts?: readonly number[]
  /** Bytes right behind the handshake, in the same write: a client that does not wait. */
  readonly early?: Buffer
  /** One that has served requests already. Default: a connection of its own. */
  readonly channel?: Channel
}

/** What came of a handshake: some scope, or an answer of the server's own (null: it closed). */
type Knock =
  | { readonly scope: RemoteScope; readonly channel: Channel; readonly answered: Answered }
  | { readonly scope: null; readonly response: WireResponse | null }

type Answered = Promise<WireResponse | null>

/** Sends a request that may be refused. */
export async function knock(
  trial: Trial,
  request: HttpRequest,
  { cuts = [], early, channel: own }: OpenOptions = {},
): Promise<Knock> {
  const channel = own ?? (await trial.connect())
  const marked = channel.marked ? withMarker(request, channel.id) : request
  channel.wire.reader.expect(request.method)
  const arrived = channel.scope()
  const answered = channel.wire.response()
  const bytes = serialize(marked)
  await trial.write(channel, early === undefined ? bytes : Buffer.concat([bytes, early]), cuts)
  const first = await trial.iut.within(
    Promise.race([arrived, answered]),
    'asgi/app/once-per-connection',
    'a scope or a response for the handshake',
  )
  return first instanceof RemoteScope
    ? { scope: first, channel, answered }
    : { scope: null, response: first }
}

/** A handshake that every server must pass on: both ends are in hand, before any event. */
export async function openWebSocket(
  trial: Trial,
  handshake: Handshake | HttpRequest = PLAIN,
  options: OpenOptions = {},
): Promise<WebSocketExchange> {
  const request = 'method' in handshake ? handshake : handshakeRequest(handshake)
  const answer = await knock(trial, request, options)
  const held = trial.check(
    'websocket/scope/type',
    answer.scope?.scope['type'] === 'websocket',
    'a scope of type "websocket"',
    () =>
      answer.scope === null
        ? describeAnswer(answer.response)
        : `a scope of type ${show(answer.scope.scope['type'])}`,
  )
  if (answer.scope === null) throw new Abandoned()
  if (!held) {
    const { type } = answer.scope.scope
    const clause = 'websocket/scope/type-signified'
    trial.check(clause, false, 'the type "websocket"', () => show(type))
    hold(trial, answer.scope)
    throw new Abandoned()
  }
  return adopt(trial, request, answer)
}

/**
 * An established connection for a handshake that a server may refuse, or serve as an ordinary request;
 * null where it does. The application accepts.
 */
export async function tryToEstablish(
  trial: Trial,
  handshake: Handshake,
  accept: Message = {},
): Promise<WebSocketExchange | null> {
  const request = handshakeRequest(handshake)
  const answer = await knock(trial, request)
  if (answer.scope === null) return null
  if (answer.scope.type !== 'websocket') {
    hold(trial, answer.scope)
    return null
  }
  const exchange = adopt(trial, request, answer)
  await exchange.connect()
  return (await exchange.tryToAccept(accept)) ? exchange : null
}

/** Holds a websocket scope at both ends, and has it judged with the program. */
export function adopt(
  trial: Trial,
  request: HttpRequest,
  { scope, channel, answered }: Extract<Knock, { answered: Answered }>,
): WebSocketExchange {
  const exchange = new WebSocketExchange(trial.iut, trial.judge, request, channel, scope, answered)
  trial.held.push(exchange)
  return exchange
}

/** A scope that nothing is asked of: it is only ended with the program. */
export function hold(trial: Trial, app: RemoteScope): void {
  trial.held.push({ app, judgeInvariants: () => undefined })
}

/** An established connection: handshake, websocket.connect, websocket.accept, 101. */
export async function establish(
  trial: Trial,
  handshake: Handshake = PLAIN,
  accept: Message = {},
): Promise<WebSocketExchange> {
  const exchange = await openWebSocket(trial, handshake)
  await exchange.connect()
  await exchange.accept(accept)
  return exchange
}

function withMarker(request: HttpRequest, id: string): HttpRequest {
  return { ...request, headers: [...request.headers, [MARKER, id]] }
}
