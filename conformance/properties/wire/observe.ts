import { type Channel, MARKER } from '../../testers/channel.ts'
import { binary } from '../../testers/exchange.ts'
import { RemoteScope } from '../../testers/remote-scope.ts'
import { valuesOf, type WireResponse } from '../../testers/response-reader.ts'
import type { Trial } from '../../testers/trial.ts'
import { isBytes, isDict, type PyDict, show } from '../../testers/values.ts'
import type { Vector } from '../../vectors/vector.ts'

/** What became of the bytes of a vector, seen from both ends. */
export type Fate =
  /** The application was given a whole request. `ours`: the first response on the wire is its answer. */
  | {
      readonly kind: 'served'
      readonly scope: PyDict
      readonly content: Buffer
      readonly ours: boolean
      readonly status: number | null
    }
  /** It was not. Status null: the server closed instead of answering. */
  | { readonly kind: 'refused'; readonly status: number | null }
  /** Neither, although the client had nothing more to send and said so. */
  | { readonly kind: 'silent' }

/** What became of the request that follows on the same connection. */
export type After =
  | { readonly kind: 'closed' }
  | { readonly kind: 'served'; readonly path: string; readonly ours: boolean }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'silent' }

export interface Observation {
  readonly fate: Fate
  readonly after: After
}

/** Path of the request that is sent behind a vector. */
export const FOLLOW_UP = '/follow-up'
const ANSWER = 'x-answer'

/** Quiet periods after which a server that said nothing is told that nothing more will come. */
const PERIODS = 4
/** Quiet periods in which it may still say something then. */
const LAST_PERIODS = 12

/** Octets at the end of a vector that may come one by one: what is tested stands among them, mostly. */
const DRIPPING = 60

const STATUS_LINE = /^HTTP\/1\.\d (\d{3})/

/** Turns of its event loop in which a server calls the application for what it has read. */
const TURNS = 4

/** Sends a vector and what follows it, and plays the application: reads everything, answers once. */
export async function observe(trial: Trial, vector: Vector): Promise<Observation> {
  const channel = await trial.connect()
  const watch = new Watch(trial, channel, vector)
  const method = /^[A-Z]+/.exec(vector.head)?.[0] ?? 'GET'
  const marker = markerFor(channel)
  const content = markedBehind(vector, marker)
  const fate = await watch.fate(method, `${vector.head}${marker}\r\n${content}`)
  return { fate, after: await watch.after(fate) }
}

class Watch {
  readonly #trial: Trial
  readonly #channel: Channel
  readonly #vector: Vector
  /** What must come may take its time; what may never come is waited for but shortly. */
  readonly #certain: boolean
  /** We sent FIN: a server may then drop the answer to what came before it. */
  #left = false
  /** The scope that is waited for: still the same one when a request was refused without any. */
  #scope: Promise<RemoteScope> | null = null
  /** Scopes of the connection that are accounted for. */
  #held = 0

  constructor(trial: Trial, channel: Channel, vector: Vector) {
    this.#trial = trial
    this.#channel = channel
    this.#vector = vector
    this.#certain = vector.expect.kind === 'served'
  }

  async fate(method: string, bytes: string): Promise<Fate> {
    const asked = await this.#ask(method, bytes, this.#vector.dripping === true)
    const first = await this.#await(asked, 'a scope for the request')
    if (first === 'nothing') return { kind: 'silent' }
    const scope = first.won instanceof RemoteScope ? first.won : await this.#late()
    if (scope === null) return { kind: 'refused', status: statusOf(first.won) }
    const app = this.#hold(scope)
    if (app.type !== 'http') return this.#stray(app)
    const content = await this.#readAll(app)
    if (content === null) {
      void app.return()
      const rest = await this.#settle(first.answered)
      return { kind: 'refused', status: rest === 'nothing' ? null : statusOf(rest) }
    }
    const response = await this.#answer(app, first.answered, method)
    return {
      kind: 'served',
      scope: app.scope,
      content,
      ours: this.#isOurs(response),
      status: statusOf(response),
    }
  }

  /** What the wire said may overtake what the application says: some round trips later both are in. */
  async #late(): Promise<RemoteScope | null> {
    await this.#trial.iut.settle(TURNS)
    return this.#channel.scopes.length > 0 ? await this.#scope : null
  }

  /** A scope of another type than HTTP: whatever it is given, it was given too much. */
  #stray(app: RemoteScope): Fate {
    void app.return()
    this.#left = true
    this.#channel.wire.end()
    return { kind: 'served', scope: app.scope, content: Buffer.alloc(0), ours: true, status: null }
  }

  async after(fate: Fate): Promise<After> {
    const { wire } = this.#channel
    const { expect } = this.#vector
    if (!wire.usable || fate.kind === 'silent') return await this.#closed()
    const sent = expect.kind === 'served' && expect.reading.next !== undefined
    const bytes = `GET ${FOLLOW_UP} HTTP/1.1\r\nHost: a\r\n${markerFor(this.#channel)}\r\n`
    const asked = await this.#ask('GET', sent ? '' : bytes)
    const first = await this.#await(asked, 'the next request served')
    if (first === 'nothing') return { kind: 'silent' }
    if (first.won === null) return await this.#closed()
    if (!(first.won instanceof RemoteScope)) return { kind: 'refused', status: first.won.status }
    const app = this.#hold(first.won)
    const response = await this.#answer(app, first.answered, 'GET')
    return { kind: 'served', path: show(app.scope['path']), ours: this.#isOurs(response) }
  }

  /**
   * The connection is over; a request that was taken from it nevertheless shows in the application, and one that was
   * refused on the wire.
   */
  async #closed(): Promise<After> {
    await this.#trial.iut.settle(TURNS)
    const stray = this.#channel.scopes[this.#held]
    if (stray !== undefined) return { kind: 'served', path: show(stray.scope['path']), ours: false }
    const refusal = STATUS_LINE.exec(this.#channel.wire.reader.surplus.toString('latin1'))
    return refusal === null ? { kind: 'closed' } : { kind: 'refused', status: Number(refusal[1]) }
  }

  #isOurs(response: WireResponse | null): boolean {
    return response === null ? this.#left : valuesOf(response, ANSWER).length === 1
  }

  async #ask(method: string, bytes: string, dripping = false): Promise<Asked> {
    const { wire } = this.#channel
    wire.reader.expect(method)
    this.#scope ??= this.#channel.scope()
    const answered = wire.response()
    const first = Promise.race([this.#scope, answered])
    if (dripping) await this.#drip(binary(bytes))
    else if (bytes !== '') wire.write(binary(bytes))
    return { answered, first }
  }

  /** The last octets in a segment each, as far as the server goes on listening. */
  async #drip(bytes: Buffer): Promise<void> {
    const { wire } = this.#channel
    const whole = Math.max(0, bytes.length - DRIPPING)
    wire.write(bytes.subarray(0, whole))
    for (let at = whole; at < bytes.length && wire.usable; at += 1) {
      wire.write(bytes.subarray(at, at + 1))
      await this.#trial.iut.settle()
    }
  }

  async #await(asked: Asked, awaited: string): Promise<First | 'nothing'> {
    const won = this.#certain
      ? await this.#trial.iut.within(asked.first, this.#vector.clause, awaited)
      : await this.#settle(asked.first)
    return won === 'nothing' ? won : { won, answered: asked.answered }
  }

  /** Waits shortly, then sends FIN: a server that waits for more learns that there is none. */
  async #settle<T>(promise: Promise<T>): Promise<T | 'nothing'> {
    const { iut } = this.#trial
    if (await iut.cameWithinQuiet(promise, PERIODS)) return await promise
    if (this.#channel.wire.usable) this.#channel.wire.end()
    this.#left = true
    return (await iut.cameWithinQuiet(promise, LAST_PERIODS)) ? await promise : 'nothing'
  }

  #hold(app: RemoteScope): RemoteScope {
    this.#scope = null
    this.#held += 1
    this.#trial.held.push({ app, judgeInvariants: () => undefined })
    return app
  }

  /** The whole content; null when it never became whole. */
  async #readAll(app: RemoteScope): Promise<Buffer | null> {
    const parts: Uint8Array[] = []
    for (;;) {
      const outcome = this.#certain
        ? await this.#trial.iut.within(
            app.receive(),
            this.#vector.clause,
            'an event from receive()',
          )
        : await this.#settle(app.receive())
      if (outcome === 'nothing' || !isDict(outcome.value)) return null
      const event = outcome.value
      if (event['type'] !== 'http.request') return null
      if (isBytes(event['body'])) parts.push(event['body'])
      if (event['more_body'] !== true) return Buffer.concat(parts)
    }
  }

  async #answer(
    app: RemoteScope,
    answered: Promise<WireResponse | null>,
    method: string,
  ): Promise<WireResponse | null> {
    // A 2xx to CONNECT would turn the connection into a tunnel.
    const status = method === 'CONNECT' ? 405 : 200
    const headers = [
      [binary('content-length'), binary('6')],
      [binary(ANSWER), binary('1')],
    ]
    void app.send({ type: 'http.response.start', status, headers })
    void app.send({ type: 'http.response.body', body: binary('served') })
    void app.return()
    return await this.#trial.iut.within(
      answered,
      this.#vector.clause,
      'the answer of the application, or a close',
    )
  }
}

interface Asked {
  readonly answered: Promise<WireResponse | null>
  readonly first: Promise<RemoteScope | WireResponse | null>
}

interface First {
  readonly answered: Promise<WireResponse | null>
  readonly won: RemoteScope | WireResponse | null
}

function statusOf(answer: RemoteScope | WireResponse | null): number | null {
  return answer === null || answer instanceof RemoteScope ? null : answer.status
}

/** The request that a vector has behind its own needs the marker as well. */
function markedBehind({ content, expect }: Vector, marker: string): string {
  const follows = expect.kind === 'served' && expect.reading.next !== undefined
  return follows ? content.replace(/\r\n\r\n$/, `\r\n${marker}\r\n`) : content
}

function markerFor(channel: Channel): string {
  return channel.marked ? `${MARKER}: ${channel.id}\r\n` : ''
}
