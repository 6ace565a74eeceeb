import { judgeExchange, judgeScopes } from '../judge/invariants.ts'
import { Judge } from '../judge/judge.ts'
import { type Attempt, describeRefusal } from './attempt.ts'
import type { Channel } from './channel.ts'
import { MARKER } from './channel.ts'
import { type AskedRequest, Exchange } from './exchange.ts'
import type { Iut } from './iut.ts'
import { RemoteScope } from './remote-scope.ts'
import { type HttpRequest, serialize, serializeHead } from './request.ts'
import type { WireResponse } from './response-reader.ts'

/** The program cannot go on; what it has judged so far stands. */
export class Abandoned extends Error {
  override readonly name = 'Abandoned'
}

/** The connection to each server that one lane uses for program after program, while it stays clean. */
export type Lane = Map<Iut, Channel>

/** What a trial holds beside HTTP exchanges; judged and ended with the program. */
export interface Held {
  /** Null: a connection, which is no scope. */
  readonly app: RemoteScope | null
  /** Waits for what may still come, and is judged by then. */
  conclude?(): Promise<void>
  judgeInvariants(judge: Judge): void
}

interface RequestOptions {
  /** On a connection of its own, instead of the lane's. */
  readonly fresh?: boolean
  /** Offsets at which the bytes are cut into separate segments. */
  readonly cuts?: readonly number[]
  readonly channel?: Channel
}

/** Quiet periods that a server is given to open a scope before it has the content. */
const EARLY_PERIODS = 10

/** A request whose head is on the wire. A server may open its scope now, or wait for the content. */
export interface EarlyRequest {
  readonly channel: Channel
  /** Null: the server waits for the content first, which is its right. */
  readonly exchange: Exchange | null
  /** The exchange, once the content is on the wire too. */
  readonly adopt: () => Promise<Exchange>
}

/** One program under way: opens connections, makes exchanges, and is judged at the end. */
export class Trial {
  readonly iut: Iut
  readonly judge: Judge
  readonly exchanges: Exchange[] = []
  readonly channels: Channel[] = []
  readonly held: Held[] = []
  readonly startedAt: number = performance.now()
  readonly #lane: Lane
  #spoilt = false

  constructor(iut: Iut, lane: Lane, judge: Judge = new Judge()) {
    this.judge = judge
    this.iut = iut
    this.#lane = lane
  }

  check(
    clause: string,
    holds: boolean,
    expected: string,
    observed: () => string,
    exposes: boolean = false,
  ): boolean {
    return this.judge.check(clause, holds, expected, observed, exposes)
  }

  /** A new connection, closed at the end of the program. */
  async connect(): Promise<Channel> {
    const channel = await this.iut.connect()
    this.channels.push(channel)
    return channel
  }

  /** Sends a request that every server must serve, and waits for its scope: both ends are in hand. */
  async open(request: HttpRequest, options: RequestOptions = {}): Promise<Exchange> {
    const { served, refused } = await this.attempt(request, options)
    if (served !== null) return served
    this.check(
      'http/scope/one-per-request',
      false,
      `a scope for ${request.method} ${request.target}`,
      () => describeRefusal(refused),
    )
    throw new Abandoned()
  }

  /** Sends a request that a server may refuse. */
  async attempt(request: HttpRequest, options: RequestOptions = {}): Promise<Attempt> {
    const own = options.channel ?? (options.fresh === true ? await this.connect() : null)
    const attempt = await this.#attempt(request, options, own ?? (await this.#shared()))
    if (own !== null || !closedUnasked(attempt)) return attempt
    // A server may close an idle connection at any time (RFC 9112 §9.5): a client then tries anew.
    return await this.#attempt(request, options, await this.#shared())
  }

  async #attempt(
    request: HttpRequest,
    options: RequestOptions,
    channel: Channel,
  ): Promise<Attempt> {
    const marked = channel.marked ? withMarker(request, channel.id) : request
    channel.wire.reader.expect(marked.method)
    const arrived = channel.scope()
    const answered = channel.wire.response()
    await this.write(channel, serialize(marked), options.cuts ?? [])
    const first = await this.iut.within(
      Promise.race([arrived, answered]),
      'http/scope/one-per-request',
      'a scope or a response for the request',
    )
    if (!(first instanceof RemoteScope)) {
      this.#forsake(channel)
      return { served: null, refused: { response: first } }
    }
    const exchange = this.hold(request, channel, first, answered)
    return { served: exchange, refused: null }
  }

  /** The next scope of a connection would be taken for that of the request it has refused. */
  #forsake(channel: Channel): void {
    if (this.#lane.get(this.iut) !== channel) return
    this.#lane.delete(this.iut)
    this.channels.push(channel)
  }

  /** The request as it must go on the wire of this channel, for properties that write it themselves. */
  mark(request: HttpRequest, channel: Channel): HttpRequest {
    return channel.marked ? withMarker(request, channel.id) : request
  }

  /** The exchange of a request that is on the wire already: the next scope of the connection. */
  async adopt(
    request: HttpRequest,
    channel: Channel,
    clause = 'http/scope/one-per-request',
  ): Promise<Exchange> {
    const answered = channel.wire.response()
    const scope = await this.iut.within(channel.scope(), clause, 'a scope for the request')
    return this.hold(request, channel, scope, answered)
  }

  /** Sends the head alone, on a new connection or this one; the content is the property's to write. */
  async openEarly(request: HttpRequest, own: Channel | null = null): Promise<EarlyRequest> {
    const channel = own ?? (await this.connect())
    const marked = channel.marked ? withMarker(request, channel.id) : request
    channel.wire.reader.expect(marked.method)
    const arrived = channel.scope()
    const answered = channel.wire.response()
    channel.wire.write(Buffer.from(serializeHead(marked), 'latin1'))
    const first = Promise.race([arrived, answered])
    const early =
      (await this.iut.cameWithinQuiet(first, EARLY_PERIODS)) && (await first) instanceof RemoteScope
    const adopt = async (): Promise<Exchange> => {
      const scope = await this.iut.within(
        arrived,
        'http/scope/one-per-request',
        'a scope for the request',
      )
      return this.hold(request, channel, scope, answered)
    }
    if (!early) return { channel, exchange: null, adopt }
    const exchange = await adopt()
    exchange.sent = Buffer.alloc(0)
    exchange.requestComplete = false
    return { channel, exchange, adopt }
  }

  /** Writes in segments that the target reads one by one: a control round trip lies between them. */
  async write(channel: Channel, bytes: Buffer, cuts: readonly number[]): Promise<void> {
    // A server that has yet to accept the connection would find several segments at once.
    if (cuts.length > 0) await this.iut.settle()
    let from = 0
    for (const cut of cuts) {
      if (cut <= from || cut >= bytes.length) continue
      channel.wire.write(bytes.subarray(from, cut))
      from = cut
      await this.iut.settle()
    }
    channel.wire.write(bytes.subarray(from))
  }

  /** A new connection for HTTP/2, closed at the end of the program. */
  async connectHttp2(): Promise<Channel> {
    const channel = await this.iut.connectHttp2()
    this.channels.push(channel)
    return channel
  }

  /** A new connection to another unix socket of the server, closed at the end; null: nobody listens there. */
  async connectTo(uds: string): Promise<Channel | null> {
    const channel = await this.iut.connectTo(uds).catch(() => null)
    if (channel !== null) this.channels.push(channel)
    return channel
  }

  /** The lane's connection must not be used again. */
  spoil(): void {
    this.#spoilt = true
  }

  /** Judges the invariants and leaves the target as it was found. */
  async finish(): Promise<Judge> {
    await this.conclude()
    this.#release()
    return this.judge
  }

  /** Judges the invariants. */
  async conclude(): Promise<void> {
    for (const held of this.held) await held.conclude?.()
    for (const exchange of this.exchanges) judgeExchange(exchange, this.judge)
    for (const held of this.held) held.judgeInvariants(this.judge)
    for (const channel of this.channels) judgeScopes(channel, this.judge)
  }

  /** Ends what is still open, whatever happened. */
  #release(): void {
    const lane = this.#lane.get(this.iut)
    const clean = !this.#spoilt && this.judge.violations.length === 0
    for (const { app } of [...this.exchanges, ...this.held]) {
      if (app?.end === null) void app.return()
    }
    if (lane !== undefined && (!clean || !reusable(lane, this.exchanges))) {
      this.iut.release(lane)
      this.#lane.delete(this.iut)
    }
    for (const channel of this.channels) this.iut.release(channel)
  }

  /** A request and its response, held at both ends from here on. */
  hold(
    request: AskedRequest,
    channel: Channel,
    scope: RemoteScope,
    answered: Promise<WireResponse | null>,
  ): Exchange {
    const exchange = new Exchange(this.iut, this.judge, request, channel, scope, answered)
    this.exchanges.push(exchange)
    return exchange
  }

  async #shared(): Promise<Channel> {
    const lane = this.#lane.get(this.iut)
    if (lane?.wire.usable) {
      if (this.exchanges.length === 0) {
        lane.wire.events = []
        lane.wire.received = []
        lane.scopes.length = 0
      }
      return lane
    }
    if (lane !== undefined) this.iut.release(lane)
    const channel = await this.iut.connect()
    this.#lane.set(this.iut, channel)
    return channel
  }
}

function closedUnasked({ refused }: Attempt): boolean {
  return refused !== null && refused.response === null
}

/** Only a connection whose every exchange ended in a whole response may serve the next program. */
function reusable(channel: Channel, exchanges: readonly Exchange[]): boolean {
  return (
    channel.wire.usable &&
    !channel.wire.reader.midway &&
    exchanges
      .filter((exchange) => exchange.channel === channel)
      .every((exchange) => exchange.answered?.complete === true && exchange.app.end !== null)
  )
}

function withMarker(request: HttpRequest, id: string): HttpRequest {
  return { ...request, headers: [...request.headers, [MARKER, id]] }
}
