import type { Judge } from '../judge/judge.ts'
import type { Channel } from './channel.ts'
import type { Iut } from './iut.ts'
import { Silence } from './patience.ts'
import type { Outcome, RemoteScope } from './remote-scope.ts'
import { contentOf, type HttpRequest, type RequestBody } from './request.ts'
import type { WireResponse } from './response-reader.ts'
import { isBytes, isDict, type Message, type PyDict, show } from './values.ts'

/** A whole response, as an application would send it. Header names and values are binary strings. */
export interface ResponsePlan {
  readonly status: number
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** One `http.response.body` message each; none means one empty final message. */
  readonly body?: readonly string[]
}

/** What was asked, as far as the answer is judged by it, in whatever version of HTTP. */
export interface AskedRequest {
  readonly method: string
  readonly target: string
  readonly version: HttpRequest['version'] | '2'
  readonly body: RequestBody
}

/**
 * One request and its response, held at both ends. The methods wait as long as the target's patience;
 * what must come and does not is thrown as Silence, which counts against the clause that promises it.
 */
export class Exchange {
  readonly request: AskedRequest
  readonly channel: Channel
  readonly app: RemoteScope
  /** What the client has sent of the content so far: the whole, unless a property stops earlier. */
  sent: Buffer
  /** The whole request has been written to the wire. */
  requestComplete = true
  /** Set by properties that misuse send(): then the response is theirs to judge. */
  misused = false
  /** The clause that a malformed response breaks in this program, in place of the one about its grammar. */
  answersFor: string | null = null
  /** The client closed or reset the connection. */
  clientLeft = false
  /** The head of the response is in. */
  begun: () => boolean = () => this.channel.wire.reader.currentHead !== null
  #response: WireResponse | null | undefined
  readonly #iut: Iut
  readonly #judge: Judge
  readonly #answered: Promise<WireResponse | null>

  constructor(
    iut: Iut,
    judge: Judge,
    request: AskedRequest,
    channel: Channel,
    app: RemoteScope,
    answered: Promise<WireResponse | null>,
  ) {
    this.#answered = answered
    this.#iut = iut
    this.#judge = judge
    this.request = request
    this.channel = channel
    this.app = app
    this.sent = contentOf(request.body)
  }

  get scope(): PyDict {
    return this.app.scope
  }

  /** What arrived on the wire: undefined while nobody asked, null when the server closed instead. */
  get answered(): WireResponse | null | undefined {
    return this.#response
  }

  /** receive(), bounded; an exception out of receive() breaks `asgi/receive/yields-event`. */
  async receive(clause = 'http/receive/request-event'): Promise<PyDict> {
    const outcome = await this.#iut.within(this.app.receive(), clause, 'an event from receive()')
    return this.#event(outcome)
  }

  #event(outcome: Outcome): PyDict {
    if (isDict(outcome.value)) return outcome.value
    this.#judge.check(
      'http/receive/request-event',
      false,
      'an event dictionary from receive()',
      () => (outcome.raised === null ? show(outcome.value) : outcome.raised.chain.join(' < ')),
    )
    return { type: '' }
  }

  /** Receives until the request is complete or the client is gone; the bytes are in the events. */
  async readBody(
    clause?: string,
  ): Promise<{ readonly body: Buffer; readonly ended: 'complete' | 'disconnect' }> {
    const parts: Uint8Array[] = []
    for (;;) {
      const event = await this.receive(clause)
      if (event['type'] !== 'http.request')
        return { body: Buffer.concat(parts), ended: 'disconnect' }
      if (isBytes(event['body'])) parts.push(event['body'])
      if (event['more_body'] !== true) return { body: Buffer.concat(parts), ended: 'complete' }
    }
  }

  async send(message: Message): Promise<Outcome> {
    const outcome = await this.#iut.returned(this.app.send(message))
    this.#judge.check('asgi/send/returns', true, '', String)
    return outcome
  }

  /** Sends a whole response, without waiting between the messages, and lets the application return. */
  async respond(plan: ResponsePlan): Promise<readonly Outcome[]> {
    const calls = [
      this.app.send(startMessage(plan)),
      ...bodyMessages(plan).map((m) => this.app.send(m)),
    ]
    calls.push(this.app.return())
    return await this.#iut.returned(Promise.all(calls))
  }

  /** The final response on the wire; null when the server closed instead. */
  async response(clause = 'http/send/completes'): Promise<WireResponse | null> {
    if (this.#response === undefined) {
      this.#response = await this.#iut
        .within(this.#answered, clause, 'a response on the wire, or its end')
        .catch((error: unknown) => {
          if (!(error instanceof Silence) || !this.begun()) throw error
          const rest = 'the end of the response, of which the head has come'
          throw new Silence(clause, rest, error.waitedMs, error.doubt)
        })
    }
    return this.#response
  }

  /** Waits until the application call is over on the server's side too. */
  async finished(): Promise<void> {
    await this.#iut.within(this.app.ended, 'asgi/send/returns', 'the end of the application call')
  }
}

export function startMessage(plan: ResponsePlan): Message {
  const headers = (plan.headers ?? []).map(([name, value]) => [binary(name), binary(value)])
  return { type: 'http.response.start', status: plan.status, headers }
}

export function bodyMessages(plan: ResponsePlan): Message[] {
  const parts = plan.body ?? []
  if (parts.length === 0) return [{ type: 'http.response.body' }]
  return parts.map((part, index) => bodyMessage(part, index < parts.length - 1))
}

export function bodyMessage(content: string, more: boolean): Message {
  return { type: 'http.response.body', body: binary(content), more_body: more }
}

/** A binary string (one character, one byte) as bytes. */
export function binary(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}
