import type { ASGIApplication } from '../asgi/application.ts'
import { InvalidEvent } from '../asgi/errors.ts'
import type { LifespanShutdown, LifespanStartup, SendEvent } from '../asgi/messages.ts'
import type { LifespanScope, State } from '../asgi/scope.ts'
import { describe } from '../server/log.ts'

export type LifespanMode = 'auto' | 'on' | 'off'

/** What start-up came to; `failed` must keep the server from starting (lifespan.rst, "Startup Failed"). */
export type Startup =
  | { readonly outcome: 'started'; readonly state: State }
  | { readonly outcome: 'unsupported'; readonly state: State; readonly cause: unknown }
  | { readonly outcome: 'failed'; readonly message: string }

export type Shutdown =
  | { readonly outcome: 'complete' }
  | { readonly outcome: 'failed'; readonly message: string }

type Phase = 'starting' | 'started' | 'startup-failed' | 'stopping' | 'stopped' | 'stop-failed'
type LifespanEvent = LifespanStartup | LifespanShutdown

/** What each answer of the application leads from, and to. */
const ANSWERS: Readonly<Record<string, { readonly from: Phase; readonly to: Phase }>> = {
  'lifespan.startup.complete': { from: 'starting', to: 'started' },
  'lifespan.startup.failed': { from: 'starting', to: 'startup-failed' },
  'lifespan.shutdown.complete': { from: 'stopping', to: 'stopped' },
  'lifespan.shutdown.failed': { from: 'stopping', to: 'stop-failed' },
}

/** The lifespan scope of one process: its start-up, its state, its shutdown (lifespan.rst 2.0). */
export class Lifespan {
  readonly #application: ASGIApplication
  readonly #mode: LifespanMode
  readonly #state: State
  #phase: Phase
  #message: string
  #queue: LifespanEvent[]
  #waiting: ((event: LifespanEvent) => void)[]
  /** Settles when the application has left its lifespan call; null when it never understood it. */
  #finished: Promise<unknown> | null
  #answered: () => void
  /** The application has raised: the server goes on, and sends no lifespan events (lifespan.rst, "Scope"). */
  #deaf: boolean

  constructor(application: ASGIApplication, mode: LifespanMode) {
    this.#application = application
    this.#mode = mode
    this.#state = {}
    this.#phase = 'starting'
    this.#message = ''
    this.#queue = []
    this.#waiting = []
    this.#finished = null
    this.#answered = () => {}
    this.#deaf = false
  }

  async startup(): Promise<Startup> {
    if (this.#mode === 'off') return { outcome: 'started', state: this.#state }
    const answer = this.#nextAnswer()
    this.#push({ type: 'lifespan.startup' })
    const left = this.#run()
    const cause = await Promise.race([answer.then(() => null), left])
    if (this.#phase === 'startup-failed') return { outcome: 'failed', message: this.#message }
    if (this.#phase === 'started') {
      this.#finished = left
      return { outcome: 'started', state: this.#state }
    }
    if (this.#mode === 'on') return { outcome: 'failed', message: whyNot(cause) }
    return { outcome: 'unsupported', state: {}, cause }
  }

  /** To be called when all connections are closed (lifespan.rst, "Shutdown"). */
  async shutdown(): Promise<Shutdown> {
    if (this.#finished === null) return { outcome: 'complete' }
    this.#phase = 'stopping'
    const answer = this.#nextAnswer()
    this.#push({ type: 'lifespan.shutdown' })
    const cause = await Promise.race([answer.then(() => null), this.#finished])
    if (this.#stopFailed) return { outcome: 'failed', message: this.#message }
    if (cause instanceof Error) return { outcome: 'failed', message: describe(cause) }
    return { outcome: 'complete' }
  }

  get #stopFailed(): boolean {
    return this.#phase === 'stop-failed'
  }

  /** Resolves with what the application raised, or null when it returned; never rejects. */
  async #run(): Promise<unknown> {
    const scope: LifespanScope = {
      type: 'lifespan',
      asgi: { version: '3.0', spec_version: '2.0' },
      state: this.#state,
    }
    try {
      await this.#application(scope, this.#receive, this.#send)
      return null
    } catch (error) {
      this.#deaf = true
      return error ?? new Error('The application raised nothing in particular.')
    }
  }

  readonly #receive = (): Promise<LifespanEvent> => {
    if (this.#deaf) return never
    const event = this.#queue.shift()
    if (event !== undefined) return Promise.resolve(event)
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  readonly #send = async (event: SendEvent): Promise<void> => {
    const type: string = event?.type
    const answer = ANSWERS[type]
    if (answer === undefined) {
      throw new InvalidEvent(`A lifespan scope takes no event of type ${type}.`)
    }
    // asgi.rst, "Error Handling": a key that its event does not define does no harm.
    const isFailure = type.endsWith('.failed')
    this.#answer(answer.from, answer.to, isFailure && 'message' in event ? event.message : '')
  }

  #answer(from: Phase, to: Phase, message: string | undefined = ''): void {
    if (this.#phase !== from) {
      throw new InvalidEvent('This lifespan event answers no event that was received.')
    }
    if (typeof message !== 'string') throw new InvalidEvent('message is a string.')
    this.#phase = to
    this.#message = message
    this.#answered()
  }

  #nextAnswer(): Promise<void> {
    return new Promise((resolve) => {
      this.#answered = resolve
    })
  }

  #push(event: LifespanEvent): void {
    if (this.#deaf) return
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) waiting(event)
    else this.#queue.push(event)
  }
}

const never = new Promise<never>(() => {})

function whyNot(cause: unknown): string {
  return cause === null ? 'The application left its lifespan without an answer.' : describe(cause)
}
