import {
  after,
  dueTo,
  type HttpModel,
  type HttpStep,
  type HttpTurn,
  IDLE,
  mayDisconnect,
  mayTake,
  OPENING,
  type SessionContent,
} from '../../model/http-session.ts'
import { describeRefusal } from '../../testers/attempt.ts'
import type { Channel } from '../../testers/channel.ts'
import { binary, bodyMessage, type Exchange, startMessage } from '../../testers/exchange.ts'
import type { Outcome } from '../../testers/remote-scope.ts'
import { contentOf, type HttpRequest, serializeBody } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { isDict, show } from '../../testers/values.ts'

/** One connection of a session: takes the steps that the model allows, and holds the server to it. */
export class Seat {
  readonly #trial: Trial
  readonly #index: number
  #model: HttpModel = IDLE
  #channel: Channel | null = null
  #exchange: Exchange | null = null
  /** Where a server waits for the content before it calls the application. */
  #adopt: (() => Promise<Exchange>) | null = null
  #unsent: Buffer = Buffer.alloc(0)
  #receiving: Promise<Outcome> | null = null
  /** What came to a receive() that nobody waits for: judged before the next step changes what is due. */
  #arrived: Outcome | null = null
  #requests = 0

  constructor(trial: Trial, index: number) {
    this.#trial = trial
    this.#index = index
  }

  async take(step: HttpStep): Promise<void> {
    if (this.#model.turn === null && this.#channel?.wire.usable !== true) this.#channel = null
    if (this.#arrived !== null) this.#heed(this.#arrived)
    if (!mayTake(this.#model, step.do)) return
    switch (step.do) {
      case 'request':
        return await this.#request(step.content)
      case 'content':
        return await this.#content(step.share)
      case 'leave':
        return await this.#leave(step.reset)
      case 'receive':
        return await this.#receive(step.watch)
      case 'start':
        await this.#send(startMessage({ status: step.status }))
        return this.#change({ response: 'started' })
      case 'body':
        return await this.#body(step.content, step.more)
      case 'end':
        return await this.#end()
    }
  }

  async #request(content: SessionContent): Promise<void> {
    const channel = this.#channel ?? (await this.#trial.connect())
    this.#channel = channel
    this.#requests += 1
    const request = requestOf(`/${this.#index}/${this.#requests}`, content)
    this.#unsent = binary(serializeBody(request.body))
    this.#model = { client: 'there', turn: OPENING }
    if (this.#unsent.length > 0) {
      const early = await this.#trial.openEarly(request, channel)
      this.#adopt = early.adopt
      if (early.exchange !== null) this.#open(early.exchange)
      else if (this.#closedBetween()) this.#giveUp()
      return
    }
    const { served, refused } = await this.#trial.attempt(request, { channel })
    if (refused?.response === null && this.#closedBetween()) return this.#giveUp()
    this.#trial.check(
      'http/scope/one-per-request',
      served !== null,
      'a scope for the request',
      () => (refused === null ? '' : describeRefusal(refused)),
    )
    if (served === null) return this.#giveUp()
    this.#open(served)
    this.#change({ sent: true })
  }

  /** A server may close a connection between two requests at any time (RFC 9112 §9.5). */
  #closedBetween(): boolean {
    return this.#requests > 1 && this.#channel?.wire.usable !== true
  }

  #open(exchange: Exchange): void {
    const { request } = exchange
    this.#exchange = exchange
    exchange.sent = contentOf(request.body)
    this.#change({ opened: true })
    this.#trial.check(
      'http/scope/one-per-request',
      exchange.scope['path'] === request.target,
      `the scope of ${request.target}`,
      () => show(exchange.scope['path']),
    )
  }

  async #content(share: number): Promise<void> {
    const channel = this.#channel
    if (channel?.wire.usable !== true) return this.#giveUp()
    const length = Math.max(1, Math.ceil((this.#unsent.length * share) / 1000))
    const part = this.#unsent.subarray(0, length)
    this.#unsent = this.#unsent.subarray(length)
    const sent = this.#unsent.length === 0
    if (sent && this.#exchange !== null) this.#exchange.requestComplete = true
    channel.wire.write(part)
    await this.#trial.iut.settle()
    if (!sent) return
    this.#change({ sent })
    const turn = this.#model.turn
    if (turn !== null && !turn.opened && this.#adopt !== null) {
      const adopting = this.#adopt()
      const exchange = await Promise.race([adopting, channel.wire.closed.then(() => null)])
      if (exchange === null && this.#closedBetween()) {
        adopting.catch(() => undefined)
        return this.#giveUp()
      }
      this.#open(exchange ?? (await adopting))
    }
    await this.#settleReceive('http/receive/more-body')
  }

  async #leave(reset: boolean): Promise<void> {
    const exchange = this.#exchange
    if (exchange === null) return
    exchange.clientLeft = true
    this.#model = { ...this.#model, client: 'left' }
    if (reset) exchange.channel.wire.reset()
    else exchange.channel.wire.close()
    await this.#settleReceive('http/receive/disconnect-after-client-left')
  }

  async #receive(watch: boolean): Promise<void> {
    const exchange = this.#exchange
    if (exchange === null) return
    const receiving = exchange.app.receive()
    this.#receiving = receiving
    const note = (outcome: Outcome): void => {
      if (this.#receiving === receiving) this.#arrived = outcome
    }
    // A worker that is lost is noticed by whoever waits for it next.
    receiving.then(note, () => undefined)
    this.#change({ waiting: true })
    const due = dueTo(this.#model)
    if (due === 'event') return await this.#settleReceive(this.#owedUnder())
    if (!watch) return
    if (await this.#trial.iut.cameWithinQuiet(this.#receiving)) this.#heed(await this.#receiving)
    else if (due === 'nothing')
      this.#trial.check('http/receive/no-early-disconnect', true, '', String)
  }

  /** The sentence that promises the event that is due. */
  #owedUnder(): string {
    const { client, turn } = this.#model
    if (client === 'left') return 'http/receive/disconnect-after-client-left'
    if (turn?.response === 'complete') return 'http/receive/disconnect-after-response'
    return 'http/receive/request-event'
  }

  /** Where an event is due to the receive() under way, it must come. */
  async #settleReceive(clause: string): Promise<void> {
    if (this.#receiving === null || dueTo(this.#model) !== 'event') return
    const awaited = 'the event that is due to receive()'
    this.#heed(await this.#trial.iut.within(this.#receiving, clause, awaited))
  }

  #heed({ value, raised }: Outcome): void {
    this.#forgetReceive()
    this.#change({ waiting: false })
    const type = isDict(value) ? value['type'] : undefined
    const seen = (): string => raised?.chain.join(' < ') ?? show(value)
    if (type === 'http.disconnect') {
      const early = !mayDisconnect(this.#model)
      this.#trial.check(
        'http/receive/no-early-disconnect',
        !early,
        'no disconnect while the client waits',
        seen,
      )
      return this.#change({ given: 'disconnect' })
    }
    const clause = 'http/receive/request-event'
    if (!this.#trial.check(clause, type === 'http.request', 'http.request', seen)) return
    if (!isDict(value) || value['more_body'] === true) return
    this.#trial.check(
      'wire/rfc9112/incomplete-body-no-completion',
      this.#model.turn?.sent === true,
      'more_body true: the client has not sent the end yet',
      seen,
    )
    this.#change({ given: 'whole' })
  }

  async #send(message: Parameters<Exchange['send']>[0]): Promise<void> {
    const outcome = await this.#exchange?.send(message)
    if (this.#model.client === 'left') return
    this.#trial.check(
      'asgi/send/returns',
      outcome?.raised === null,
      'send() that returns: the client is there',
      () => outcome?.raised?.chain.join(' < ') ?? '',
    )
  }

  async #body(content: string, more: boolean): Promise<void> {
    await this.#send(bodyMessage(content, more))
    if (more) return
    // Read before anything else is written: a server that closes early may reset what comes later.
    if (this.#model.client === 'there') await this.#exchange?.response()
    this.#change({ response: 'complete' })
  }

  async #end(): Promise<void> {
    const exchange = this.#exchange
    const turn = this.#model.turn
    if (exchange === null || turn === null) return
    this.#forgetReceive()
    if (this.#model.client === 'left' || turn.response === 'complete') {
      await exchange.app.return()
      await exchange.finished()
      return this.#change({ over: true, waiting: false })
    }
    exchange.misused = true
    await exchange.app.raise('RuntimeError')
    const clause = 'asgi/error/app-exception-terminates'
    const response = await exchange.response(clause)
    this.#trial.check(
      clause,
      response === null || !response.complete || response.status >= 500,
      'an error status, or an incomplete response',
      () => `a complete response with status ${response?.status}`,
    )
    this.#giveUp()
  }

  #change(change: Partial<HttpTurn>): void {
    this.#model = after(this.#model, change)
    if (this.#model.turn === null) this.#exchange = null
    if (this.#model.client === 'left' && this.#model.turn?.over === true) this.#giveUp()
  }

  /** The connection is over: the next request needs a new one. */
  #giveUp(): void {
    this.#model = IDLE
    this.#channel = null
    this.#exchange = null
    this.#adopt = null
    this.#forgetReceive()
  }

  #forgetReceive(): void {
    this.#receiving = null
    this.#arrived = null
  }
}

/** One chunk goes by its length, none without content, several in chunked coding. */
function requestOf(target: string, chunks: SessionContent): HttpRequest {
  const [only] = chunks
  const body =
    only === undefined
      ? ({ framing: 'none' } as const)
      : chunks.length === 1
        ? ({ framing: 'content-length', content: only } as const)
        : ({ framing: 'chunked', chunks } as const)
  return { method: 'POST', target, version: '1.1', headers: [], body }
}
