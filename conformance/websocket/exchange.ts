import type { Judge } from '../judge/judge.ts'
import type { Channel } from '../testers/channel.ts'
import type { Iut } from '../testers/iut.ts'
import type { Outcome, RemoteScope } from '../testers/remote-scope.ts'
import type { HttpRequest } from '../testers/request.ts'
import type { WireResponse } from '../testers/response-reader.ts'
import { Abandoned, type Held } from '../testers/trial.ts'
import { isDict, type Message, type PyDict, show } from '../testers/values.ts'
import { type Carrier, overHttp1, type Tunnel } from './carrier.ts'
import type { Deflater } from './deflate.ts'
import type { SentFrame } from './frame.ts'
import { deflateAgreement } from './handshake.ts'
import { judgeWebSocket } from './invariants.ts'
import { closeFrame, framesOf, type MessagePlan } from './message-plan.ts'
import type { MessageReader } from './message-reader.ts'
import { Peer } from './peer.ts'

/**
 * One WebSocket connection held at both ends. The methods wait as long as the target's patience; what
 * must come and does not is thrown as Silence, which counts against the clause that promises it.
 */
export class WebSocketExchange implements Held {
  readonly request: HttpRequest
  readonly channel: Channel
  readonly app: RemoteScope
  /** Data messages that the client has sent in full, in order. */
  readonly sent: MessagePlan[] = []
  /** Set by properties that misuse send(): then what comes out of it is theirs to judge. */
  misused = false
  /** The clause that a malformed response breaks in this program, in place of the one about its grammar. */
  answersFor: string | null = null
  #response: WireResponse | null | undefined
  #peer: Peer | null = null
  readonly #iut: Iut
  readonly #judge: Judge
  readonly #answered: Promise<WireResponse | null>
  readonly #carrier: Carrier

  constructor(
    iut: Iut,
    judge: Judge,
    request: HttpRequest,
    channel: Channel,
    app: RemoteScope,
    answered: Promise<WireResponse | null>,
    carrier: Carrier = overHttp1(channel.wire),
  ) {
    this.#carrier = carrier
    this.#iut = iut
    this.#judge = judge
    this.#answered = answered
    this.request = request
    this.channel = channel
    this.app = app
  }

  get scope(): PyDict {
    return this.app.scope
  }

  /** The answer to the handshake: undefined while nobody asked, null when the server closed instead. */
  get answered(): WireResponse | null | undefined {
    return this.#response
  }

  /** The client's half of the connection; only after the handshake. */
  get peer(): Peer {
    if (this.#peer === null) throw new TypeError('the handshake is not complete')
    return this.#peer
  }

  /** What carries the frames, or would. */
  get tunnel(): Tunnel {
    return this.#carrier.tunnel
  }

  /** It is open on both sides. */
  get usable(): boolean {
    return this.#carrier.tunnel.usable
  }

  get established(): boolean {
    return this.#peer !== null
  }

  async receive(clause: string): Promise<PyDict> {
    const outcome = await this.#iut.within(this.app.receive(), clause, 'an event from receive()')
    if (isDict(outcome.value)) return outcome.value
    this.#judge.check(clause, false, 'an event dictionary from receive()', () => named(outcome))
    throw new Abandoned()
  }

  /** Several calls of receive(), one after another without a round trip between them. */
  async receiveAll(count: number, clause: string): Promise<PyDict[]> {
    const calls = Array.from({ length: count }, () => this.receive(clause))
    return await Promise.all(calls)
  }

  async send(message: Message): Promise<Outcome> {
    return await this.#iut.returned(this.app.send(message))
  }

  /** The first event, which opens every connection. */
  async connect(): Promise<void> {
    const event = await this.receive('websocket/connect/event')
    this.#judge.check(
      'websocket/connect/event',
      event['type'] === 'websocket.connect',
      'websocket.connect',
      () => show(event),
    )
  }

  /** Sends websocket.accept; false where the server then does not complete the handshake. */
  async tryToAccept(keys: Message = {}): Promise<boolean> {
    const { raised } = await this.send({ type: 'websocket.accept', ...keys })
    if (raised !== null) return false
    const response = await this.response('websocket/accept/completes-handshake')
    if (response === null || !this.#carrier.completes(response.status)) return false
    this.#establish(response)
    return true
  }

  /** Sends websocket.accept and completes the handshake; the program ends where that fails. */
  async accept(keys: Message = {}): Promise<WireResponse> {
    const clause = 'websocket/accept/completes-handshake'
    const { raised } = await this.send({ type: 'websocket.accept', ...keys })
    const response = raised === null ? await this.response(clause) : null
    const held = this.#judge.check(
      clause,
      response !== null && this.#carrier.completes(response.status),
      this.#carrier.completion,
      () => raised?.chain.join(' < ') ?? describeAnswer(response),
    )
    if (!held || response === null) throw new Abandoned()
    this.#establish(response)
    return response
  }

  #establish(response: WireResponse): void {
    this.#carrier.judge(this.#judge, this.request, response)
    this.#peer = new Peer(this.#carrier.tunnel, deflateAgreement(response))
  }

  /** The final response to the handshake; null when the server closed instead. */
  async response(clause: string): Promise<WireResponse | null> {
    this.#response ??= await this.#iut.within(
      this.#answered,
      clause,
      'a response to the handshake, or the end of the connection',
    )
    return this.#response
  }

  /** Sends whole messages in one write, compressed where a deflater is given. */
  say(plans: readonly MessagePlan[], deflater: Deflater | null = null): void {
    this.peer.write(...this.framesFor(plans, deflater))
  }

  /** The frames of messages that the caller promises to write: from here on they count as sent. */
  framesFor(plans: readonly MessagePlan[], deflater: Deflater | null = null): SentFrame[] {
    this.sent.push(...plans)
    return plans.flatMap((plan) => framesOf(plan, deflater))
  }

  /** Waits until so many messages of the server are in, or it has closed. */
  async messages(count: number, clause: string): Promise<void> {
    const { peer } = this
    await this.#iut.within(
      peer.until((reader) => reader.messages.length >= count || peer.over),
      clause,
      `message ${count} of the server`,
    )
  }

  /** Waits until what the server has sent meets the condition. */
  async until(
    condition: (reader: MessageReader) => boolean,
    clause: string,
    awaited: string,
  ): Promise<void> {
    await this.#iut.within(this.peer.until(condition), clause, awaited)
  }

  /** Waits for a Close of the server, or for the end of the TCP connection. */
  async over(clause: string): Promise<void> {
    const { peer } = this
    await this.#iut.within(
      peer.until(() => peer.over),
      clause,
      'a Close frame, or the end of the connection',
    )
  }

  /** Answers the server's Close in kind, as RFC 6455 §5.5.1 wants it, unless the connection is gone already. */
  answerClose(): void {
    const { close } = this.peer.reader
    if (close === null || !this.#carrier.tunnel.usable) return
    const body = Buffer.alloc(close.code === null ? 0 : 2)
    if (close.code !== null) body.writeUInt16BE(close.code)
    this.peer.write(closeFrame(body))
  }

  /** Waits for the Close of the server, and answers it. */
  async leave(clause: string): Promise<void> {
    await this.over(clause)
    this.answerClose()
  }

  /** Sends websocket.close, and answers the Close of the server: its send() may wait for that. */
  async close(clause: string, keys: Message = {}): Promise<void> {
    await Promise.all([this.send({ type: 'websocket.close', ...keys }), this.leave(clause)])
  }

  /** Waits until the server has closed the TCP connection, or ended the stream that stands for it. */
  async closed(clause: string): Promise<void> {
    await this.#iut.within(
      this.#carrier.tunnel.closed,
      clause,
      'the end of the connection, closed by the server',
    )
  }

  /** A server may cancel the application a moment before it closes the socket. */
  async conclude(): Promise<void> {
    if (this.app.end !== 'cancelled' || !this.usable) return
    await this.#iut.cameWithinQuiet(this.#carrier.tunnel.closed).catch(() => undefined)
  }

  judgeInvariants(judge: Judge): void {
    judgeWebSocket(this, judge)
  }
}

export function describeAnswer(response: WireResponse | null | undefined): string {
  return response === null || response === undefined
    ? 'the connection was closed without a response'
    : `status ${response.status}`
}

function named(outcome: Outcome): string {
  return outcome.raised === null ? show(outcome.value) : outcome.raised.chain.join(' < ')
}
