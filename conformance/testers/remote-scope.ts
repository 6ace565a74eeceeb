import { type Deferred, deferred } from './deferred.ts'
import {
  fromJson,
  type Message,
  type MessageValue,
  type PyDict,
  type PyValue,
  toJson,
} from './values.ts'

/** An exception inside the target, as data: class names from the most special to BaseException. */
export interface Raised {
  readonly chain: readonly string[]
  readonly text: string
}

/** How a commanded call ended: with a value or with an exception. Never both. */
export type Outcome =
  | { readonly value: PyValue; readonly raised: null }
  | { readonly value: null; readonly raised: Raised }

/** How the application call ended, seen from inside the application. */
export type AppEnd = 'returned' | 'raised' | 'cancelled'

/** One call that the application made (or was told to make), for transcripts and invariants. */
export interface AppCall {
  readonly kind: 'receive' | 'send' | 'end'
  readonly message: Message | null
  /** Milliseconds of performance.now(). */
  readonly calledAt: number
  answeredAt: number | null
  outcome: Outcome | null
  /** For `end`: what the application was told to do. */
  readonly label: string
}

type ExceptionClass =
  | 'RuntimeError'
  | 'ValueError'
  | 'OSError'
  | 'KeyboardInterrupt'
  | 'SystemExit'
  | 'CancelledError'

/**
 * The upper tester's hold on one connection scope. Sends run one after another, unless they are called
 * beside each other, and so do receives; the two lines are independent, as in an application that listens for a disconnect while it responds.
 * Every promise rejects only when the worker is lost.
 */
export class RemoteScope {
  /** The worker process it lives in. */
  readonly pid: number
  readonly number: number
  /** The `scope` argument, Python types kept. */
  readonly scope: PyDict
  /** What a context variable set by an earlier scope showed here; null when contexts are apart. */
  readonly journey: number | null
  readonly calls: AppCall[] = []
  readonly announcedAt: number = performance.now()
  #end: AppEnd | null = null
  #lost: Error | null = null
  readonly #ended: Deferred<AppEnd> = deferred()
  readonly #tell: (command: unknown) => void
  readonly #pending: Map<number, { call: AppCall | null; waiting: Deferred<Outcome> }> = new Map()
  #count = 0

  constructor(
    pid: number,
    number: number,
    scope: PyDict,
    journey: number | null,
    tell: (command: unknown) => void,
  ) {
    this.pid = pid
    this.number = number
    this.scope = scope
    this.journey = journey
    this.#tell = tell
  }

  get type(): string {
    const type = this.scope['type']
    return typeof type === 'string' ? type : ''
  }

  get end(): AppEnd | null {
    return this.#end
  }

  /** Resolves when the application call is over. */
  get ended(): Promise<AppEnd> {
    return this.#ended.promise
  }

  /** Calls receive(); the value is the event dictionary. */
  receive(): Promise<Outcome> {
    return this.#call('receive', null, { op: 'receive' })
  }

  /**
   * Cancels the receive() that is pending, which then ends in its own outcome. True: it was cancelled;
   * false: none was pending; null: this probe cannot.
   */
  async cancelReceive(): Promise<boolean | null> {
    const { value } = await this.#command({ op: 'cancel' })
    return typeof value === 'boolean' ? value : null
  }

  /** Calls send(message); the value is what it returned. */
  send(message: Message): Promise<Outcome> {
    return this.#call('send', message, { op: 'send', message: toJson(message) })
  }

  /** Calls send(message) in a task of its own: no later call waits for this one. */
  sendBeside(message: Message): Promise<Outcome> {
    const command = { op: 'send', message: toJson(message), beside: true }
    return this.#call('send', message, command)
  }

  /**
   * Calls send(message) as the last act of an application that catches nothing: it lets the exception
   * of that call escape, or returns, before anything else happens in its process. `grouped`: it made
   * the call in a task group, which lets the exception escape inside an exception group.
   */
  sendLast(message: Message, grouped = false): Promise<Outcome> {
    const command = { op: 'send', message: toJson(message), last: true, grouped }
    return this.#call('send', message, command)
  }

  /** The application returns. */
  return(): Promise<Outcome> {
    return this.#call('end', null, { op: 'return' }, 'return')
  }

  raise(exception: ExceptionClass, text = 'raised on command'): Promise<Outcome> {
    const label = `raise ${exception}`
    return this.#call('end', null, { op: 'raise', class: exception, text }, label)
  }

  /** The application ends its whole process at once, as a fault in an extension may: nothing answers. */
  exit(code: number): void {
    const label = `end the process with ${code}`
    this.#call('end', null, { op: 'exit', code }, label).catch(() => undefined)
  }

  /** The application lets the exception of its last failed send() or receive() escape. */
  reraise(): Promise<Outcome> {
    return this.#call('end', null, { op: 'reraise' }, 'let the exception escape')
  }

  /** Sets `scope["state"][key]`. */
  setState(key: string, value: MessageValue): Promise<Outcome> {
    return this.#command({ op: 'state', key, value: toJson(value) })
  }

  /** Sets `scope["state"][holder][key]`: something inside an object that the state holds. */
  setInState(holder: string, key: string, value: string): Promise<Outcome> {
    return this.#command({ op: 'state', holder, key, value })
  }

  /** The scope as it is now, after whatever the application or the server did to it. */
  look(): Promise<Outcome> {
    return this.#command({ op: 'look' })
  }

  answer(number: number, outcome: Outcome): void {
    const pending = this.#pending.get(number)
    if (pending === undefined) return
    this.#pending.delete(number)
    if (pending.call !== null) {
      pending.call.answeredAt = performance.now()
      pending.call.outcome = outcome
    }
    pending.waiting.resolve(outcome)
  }

  finish(end: string): void {
    this.#end = end === 'raised' || end === 'cancelled' ? end : 'returned'
    this.#ended.resolve(this.#end)
    for (const number of Array.from(this.#pending.keys())) {
      this.answer(number, over(this.#end))
    }
  }

  lose(error: Error): void {
    this.#lost = error
    this.#ended.reject(error)
    for (const { waiting } of this.#pending.values()) waiting.reject(error)
    this.#pending.clear()
  }

  #call(
    kind: AppCall['kind'],
    message: Message | null,
    command: object,
    label = '',
  ): Promise<Outcome> {
    const call: AppCall = {
      kind,
      message,
      calledAt: performance.now(),
      answeredAt: null,
      outcome: null,
      label,
    }
    this.calls.push(call)
    return this.#command(command, call)
  }

  #command(command: object, call: AppCall | null = null): Promise<Outcome> {
    this.#count += 1
    const waiting = deferred<Outcome>()
    this.#pending.set(this.#count, { call, waiting })
    if (this.#end !== null) this.answer(this.#count, over(this.#end))
    else if (this.#lost === null) this.#tell({ ...command, scope: this.number, n: this.#count })
    else {
      this.#pending.delete(this.#count)
      waiting.reject(this.#lost)
    }
    return waiting.promise
  }
}

/** What a call comes to that the application can no longer make. */
function over(how: string): Outcome {
  return {
    value: null,
    raised: { chain: ['CancelledError'], text: `the application call is over: ${how}` },
  }
}

/** The outcome inside one `answer` line of the probe. */
export function outcomeFrom(event: Record<string, unknown>): Outcome {
  const error = event['error']
  if (typeof error === 'object' && error !== null && 'chain' in error && 'text' in error) {
    const chain = Array.isArray(error.chain) ? error.chain.map(String) : []
    return { value: null, raised: { chain, text: String(error.text) } }
  }
  if (event['gone'] === true) {
    return over('the probe knows the scope no more')
  }
  return { value: fromJson(event['value'] ?? null), raised: null }
}
