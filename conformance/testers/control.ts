import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { InfrastructureError } from '../../evidence/errors.ts'
import type { ControlPlace } from './attach-control.ts'
import { type Deferred, deferred } from './deferred.ts'
import { outcomeFrom, RemoteScope } from './remote-scope.ts'
import { fromJson, isDict } from './values.ts'

/** What the process of a worker holds; -1: the system does not tell. */
export interface Holdings {
  readonly tasks: number
  readonly fds: number
}

/** One worker process (one event loop of it) that has called home. */
export interface Worker {
  readonly pid: number
  /** `CPython 3.11.7`, `Node.js 20.20.2`. */
  readonly runtime: string
  readonly loop: string
  readonly lost: boolean
  /** One round trip through its event loop; rejects when the worker dies. */
  ping(): Promise<void>
  /**
   * Counts what it holds, which takes longer the more that is. `collect`: its garbage is collected first, so
   * that nothing counts as held which only waits for the collector. Rejects when the worker dies.
   */
  holdings(collect: boolean): Promise<Holdings>
}

interface Listener {
  /** A scope has begun inside the target. */
  scope(scope: RemoteScope, worker: Worker): void
  /** A worker's control line broke: it died, or was told to stop. */
  workerLost(worker: Worker): void
}

/**
 * The suite's end of the control lines: listens on loopback, admits whoever shows the one-time token,
 * and turns lines of JSON into scopes.
 */
export class ControlServer {
  /** For the target's environment: `ASSAY_CONTROL`. */
  readonly address: string
  readonly workers: Set<Worker> = new Set()
  /** Control lines that ever showed the token. */
  admitted = 0
  readonly #server: Server
  readonly #sockets: Set<Socket> = new Set()
  readonly #listener: Listener
  readonly #token: string

  private constructor(server: Server, token: string, listener: Listener) {
    const bound = server.address()
    if (bound === null || typeof bound === 'string') throw new TypeError('not a TCP listener')
    this.address = `tcp:127.0.0.1:${bound.port}:${token}`
    this.#server = server
    this.#token = token
    this.#listener = listener
    server.on('connection', (socket) => this.#admit(socket))
  }

  /** Null: a free port and a fresh token. */
  static async listen(listener: Listener, place: ControlPlace | null): Promise<ControlServer> {
    const server = createServer({ noDelay: true })
    server.listen(place?.port ?? 0, '127.0.0.1')
    await once(server, 'listening').catch((cause: unknown) => {
      throw new InfrastructureError({
        code: 'control/not-listening',
        input: `127.0.0.1:${place?.port ?? 0}`,
        rule: `The suite cannot listen there for the probe: ${String(cause)}.`,
        cure: 'Choose another port in ASSAY_CONTROL, for the server and for assay.',
      })
    })
    return new ControlServer(server, place?.token ?? randomBytes(16).toString('hex'), listener)
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #admit(socket: Socket): void {
    // What was accepted in the turn that closes the server would keep it open.
    if (!this.#server.listening) {
      socket.destroy()
      return
    }
    this.#sockets.add(socket)
    let worker: ControlLine | null = null
    const lines = new LineSplitter((line) => {
      const event = parsed(line)
      if (worker !== null) {
        if (event !== null) worker.hear(event)
      } else if (event !== null && event['hello'] === this.#token) {
        worker = new ControlLine(socket, event, this.#listener)
        this.workers.add(worker)
        this.admitted += 1
      } else socket.destroy()
    })
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      lines.push(text)
      // Whoever has not shown the token within the first line is no probe, and is not listened to.
      if (worker === null && socket.bytesRead > LONGEST_HELLO) socket.destroy()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#sockets.delete(socket)
      if (worker === null) return
      this.workers.delete(worker)
      worker.lose()
      this.#listener.workerLost(worker)
    })
  }
}

/** The line to one worker; owns the scopes that live in it. */
class ControlLine implements Worker {
  readonly pid: number
  readonly runtime: string
  readonly loop: string
  lost = false
  readonly #socket: Socket
  readonly #listener: Listener
  readonly #scopes: Map<number, RemoteScope> = new Map()
  readonly #asked: Map<number, Deferred<Record<string, unknown>>> = new Map()
  #askedCount = 0
  #outbox = ''

  constructor(socket: Socket, hello: Record<string, unknown>, listener: Listener) {
    this.#socket = socket
    this.#listener = listener
    this.pid = Number(hello['pid'])
    this.runtime = String(hello['runtime'])
    this.loop = String(hello['loop'])
  }

  hear(event: Record<string, unknown>): void {
    if (typeof event['pong'] === 'number') {
      this.#asked.get(event['pong'])?.resolve(event)
      this.#asked.delete(event['pong'])
      return
    }
    const number = Number(event['scope'])
    if ('value' in event && !('answer' in event)) {
      const value = fromJson(event['value'])
      const journey = typeof event['journey'] === 'number' ? event['journey'] : null
      // What is not a dict belongs to no connection: the request it was for stays without a scope.
      const dict = isDict(value) ? value : {}
      const scope = new RemoteScope(this.pid, number, dict, journey, (command) =>
        this.#tell(command),
      )
      this.#scopes.set(number, scope)
      this.#listener.scope(scope, this)
    } else if ('answer' in event) {
      this.#scopes.get(number)?.answer(Number(event['answer']), outcomeFrom(event))
    } else if (typeof event['end'] === 'string') {
      this.#scopes.get(number)?.finish(event['end'])
      this.#scopes.delete(number)
    }
  }

  async ping(): Promise<void> {
    await this.#ask({ op: 'ping' })
  }

  async holdings(collect: boolean): Promise<Holdings> {
    const { tasks, fds } = await this.#ask({ op: 'count', collect })
    return { tasks: Number(tasks), fds: Number(fds) }
  }

  #ask(question: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    const waiting = deferred<Record<string, unknown>>()
    this.#askedCount += 1
    this.#asked.set(this.#askedCount, waiting)
    if (this.lost) waiting.reject(new WorkerLostError(this.pid))
    else this.#tell({ ...question, n: this.#askedCount })
    return waiting.promise
  }

  lose(): void {
    this.lost = true
    for (const waiting of this.#asked.values()) waiting.reject(new WorkerLostError(this.pid))
    for (const scope of this.#scopes.values()) scope.lose(new WorkerLostError(this.pid))
    this.#asked.clear()
    this.#scopes.clear()
  }

  /** Commands given in one turn of the event loop, for whatever scopes, leave in one write. */
  #tell(command: unknown): void {
    if (this.#outbox === '') setImmediate(() => this.#flush())
    this.#outbox += `${JSON.stringify(command)}\n`
  }

  #flush(): void {
    const text = this.#outbox
    this.#outbox = ''
    if (!this.lost) this.#socket.write(text)
  }
}

/** The worker process under command ended, or cut its control line. */
export class WorkerLostError extends Error {
  override readonly name = 'WorkerLostError'
  readonly pid: number
  constructor(pid: number) {
    super(`process ${pid} of the server ended within the program, or cut its line to the suite`)
    this.pid = pid
  }
}

class LineSplitter {
  readonly #emit: (line: string) => void
  #parts: string[] = []

  constructor(emit: (line: string) => void) {
    this.#emit = emit
  }

  push(text: string): void {
    let from = 0
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      this.#parts.push(text.slice(from, at))
      const line = this.#parts.length === 1 ? (this.#parts[0] ?? '') : this.#parts.join('')
      this.#parts = []
      from = at + 1
      this.#emit(line)
    }
    if (from < text.length) this.#parts.push(text.slice(from))
  }
}

/** Bytes in which a probe has introduced itself. */
const LONGEST_HELLO = 4096

/** Null for a line that is no JSON object. */
function parsed(line: string): Record<string, unknown> | null {
  try {
    const event: unknown = JSON.parse(line)
    return isRecord(event) ? event : null
  } catch {
    return null
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
