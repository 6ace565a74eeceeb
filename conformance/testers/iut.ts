import { InfrastructureError } from '../../evidence/errors.ts'
import { accepts, acceptsAt } from '../../targets/launch/port.ts'
import type {
  ExitInfo,
  LaunchRequest,
  PreparedTarget,
  RunningTarget,
} from '../../targets/target.ts'
import { PROBE } from '../probe/application.ts'
import { controlPlace } from './attach-control.ts'
import { Channel, MARKER } from './channel.ts'
import { ControlServer, type Worker, WorkerLostError } from './control.ts'
import { type Deferred, deferred } from './deferred.ts'
import { cooperate } from './lifespan-script.ts'
import { markerOf, portOf } from './marker.ts'
import { noteStart, startPatience } from './pace.ts'
import { limitFor, type Patience, patienceFrom, quietFor, Silence } from './patience.ts'
import { ProcessLog } from './process-log.ts'
import { race, TIMEOUT } from './race.ts'
import type { RemoteScope } from './remote-scope.ts'
import type { TlsClient } from './tls-client.ts'
import { WireConnection } from './wire.ts'

/** How a target is launched, and held from the moment it is. */
export interface StartOptions
  extends Omit<LaunchRequest, 'application' | 'startTimeoutMs'>,
    Partial<Pick<LaunchRequest, 'application'>> {
  /** Takes over every lifespan scope; by default they are answered at once. */
  readonly onLifespan?: (scope: RemoteScope) => void
  /** Every connection goes through TLS, with this client; by default none does. */
  readonly tls?: TlsClient
}

/** Nobody can be judged any more: the target crashed, hung, or cut its control line. */
export class TargetLostError extends Error {
  override readonly name = 'TargetLostError'
}

/** The implementation under test, held at both ends. */
export class Iut {
  readonly target: PreparedTarget
  readonly running: RunningTarget
  readonly lifespans: RemoteScope[] = []
  readonly log: ProcessLog
  patience: Patience = patienceFrom([])
  readonly #control: ControlServer
  readonly #tls: TlsClient | null
  readonly #launched: number
  /** Its workers may outlive it: they are left the time to end. */
  readonly #survived: boolean
  readonly #channels: Map<string, Channel> = new Map()
  #lost: TargetLostError | null = null
  readonly #loss: Deferred<void> = deferred()
  #byPort = true
  #count = 0
  #stopping = false

  private constructor(
    target: PreparedTarget,
    running: RunningTarget,
    control: ControlServer,
    { tls, orphansMs }: StartOptions,
    launched: number,
  ) {
    this.target = target
    this.running = running
    this.#control = control
    this.#tls = tls ?? null
    this.#launched = launched
    this.#survived = orphansMs !== undefined
    this.log = new ProcessLog(launched, running)
  }

  /** Launches the target with the probe inside and calibrates the clock on it. */
  static async start(target: PreparedTarget, options: StartOptions): Promise<Iut> {
    let iut: Iut | null = null
    const early: RemoteScope[] = []
    const onLifespan =
      options.onLifespan ?? ((scope) => void cooperate(scope).catch(() => undefined))
    const listener = {
      scope: (scope: RemoteScope) => {
        if (scope.type === 'lifespan') {
          ;(iut?.lifespans ?? early).push(scope)
          onLifespan(scope)
        } else iut?.route(scope)
      },
      workerLost: (worker: Worker) => iut?.workerLost(worker),
    }
    const control = await ControlServer.listen(listener, controlPlace(target))
    const launched = performance.now()
    try {
      const { onLifespan: _, tls: __, ...request } = options
      const running = await target.launch({
        application: PROBE,
        ...request,
        environment: { ...request.environment, ASSAY_CONTROL: control.address },
      })
      iut = new Iut(target, running, control, options, launched)
      iut.lifespans.push(...early)
      if (options.waitUntilListening !== false) noteStart(performance.now() - launched)
      void running.exited.then((exit) => iut?.exited(exit))
      return iut
    } catch (error) {
      await control.close()
      throw error
    }
  }

  /** Why the target can no longer be judged; null while it can. */
  get lost(): TargetLostError | null {
    return this.#lost
  }

  /** Throws the loss of a target that may be about to end, unless it is still there after that time. */
  async remains(ms: number): Promise<void> {
    await race(this.#loss.promise, ms)
    if (this.#lost !== null) throw this.#lost
  }

  get workers(): ReadonlySet<Worker> {
    return this.#control.workers
  }

  /** `client`: what to offer in the handshake, where connections go through TLS. */
  async connect(client: TlsClient | null = this.#tls): Promise<Channel> {
    const wire = await this.#dial(client).catch((error: unknown) => {
      throw this.#lost ?? new TargetLostError(`the target accepts no connection: ${String(error)}`)
    })
    return this.#admit(wire)
  }

  /** By another way than the address it was launched with: a unix socket. Rejects where nobody listens. */
  async connectTo(uds: string): Promise<Channel> {
    return this.#admit(await WireConnection.openPath(uds))
  }

  #admit(wire: WireConnection): Channel {
    this.#count += 1
    // A watched connection does not tell its port.
    const byPort = this.#byPort && wire.localPort > 0
    const id = byPort ? String(wire.localPort) : `m${this.#count}`
    const channel = new Channel(wire, id, !byPort)
    this.#channels.set(id, channel)
    return channel
  }

  /** For HTTP/2: chosen by ALPN where connections go through TLS, else known before (RFC 9113 §3). */
  async connectHttp2(): Promise<Channel> {
    return await this.connect(this.#tls === null ? null : { ...this.#tls, protocols: ['h2'] })
  }

  /** Every connection goes through TLS. */
  get secure(): boolean {
    return this.#tls !== null
  }

  #dial(client: TlsClient | null): Promise<WireConnection> {
    const { host, port, uds } = this.running
    if (uds !== null) return WireConnection.openPath(uds)
    if (client !== null) return WireConnection.openTls(host, port, client)
    return WireConnection.open(host, port)
  }

  /** Ends a connection that no program needs any more; RST, so that no port is left in TIME-WAIT. */
  release(channel: Channel): void {
    if (this.#channels.get(channel.id) === channel) this.#channels.delete(channel.id)
    channel.wire.reset()
  }

  /**
   * Round trips through the event loop of the worker. After one, what was sent before has been read; a
   * call of the application may take more turns of the loop, as a ping that arrives in the very turn
   * that answers a client is read in that turn too, before the tasks it has made.
   * @throws TargetLostError when no answer comes: the loop stands still.
   */
  async settle(turns = 1): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) {
      const answer = this.#anyWorker()?.ping() ?? Promise.resolve()
      // Again behind a pause of our own: what has arrived meanwhile is read only now.
      const answered = async (ms: number): Promise<boolean> => (await race(answer, ms)) !== TIMEOUT
      if ((await answered(this.startPatience)) || (await answered(this.patience.limit))) continue
      const loss = new TargetLostError('the target answered no ping')
      this.giveUp(loss)
      throw this.#lost ?? loss
    }
  }

  /**
   * Waits for what must come. Silence is conclusive only if our own clock kept going and the worker
   * still answers a ping.
   */
  async within<T>(promise: Promise<T>, clause: string, awaited: string): Promise<T> {
    const started = performance.now()
    const { limit } = this.patience
    let late = 0
    let alive = true
    for (let wait = limit; alive && wait > 0; ) {
      const begun = performance.now()
      const settled = await race(promise, wait)
      if (settled !== TIMEOUT) return settled
      const pinged = performance.now()
      late = Math.max(late, pinged - begun - wait)
      alive = await this.#answersPing()
      // A machine that is busy now may have been idle when the patience was measured; but one slow round trip
      // among quick ones says little: the next one tells.
      const now = performance.now()
      wait = Math.min(limit, limitFor(now - pinged) - (now - started))
    }
    const last = await race(promise, 1)
    if (this.#lost !== null) throw this.#lost
    if (last !== TIMEOUT) return last
    if (!alive) throw new TargetLostError(`the target answered neither ${awaited} nor a ping`)
    const doubt = late > limit / 2 ? `the suite itself paused for ${Math.round(late)} ms` : null
    throw new Silence(clause, awaited, performance.now() - started, doubt)
  }

  /** Waits for send() calls of an application: each returns (asgi.rst, "Applications"). */
  async returned<T>(sending: Promise<T>, clause = 'asgi/send/returns'): Promise<T> {
    return await this.within(sending, clause, 'the return of send()')
  }

  /** Milliseconds that launching, starting up or ending a server process may take. */
  get startPatience(): number {
    return Math.max(startPatience(), this.patience.limit)
  }

  /** It was told to end. */
  get endExpected(): boolean {
    return this.#stopping
  }

  /** From now on the end of the process is what is awaited, not a loss. */
  expectEnd(): void {
    this.#stopping = true
  }

  /** Like `within`, for what comes out of a process that is starting and answers no ping yet. */
  async afterLaunch<T>(promise: Promise<T>, clause: string, awaited: string): Promise<T> {
    const settled = await race(Promise.race([promise, this.#endedEarly()]), this.startPatience)
    if (settled === TIMEOUT) throw new Silence(clause, awaited, this.startPatience, null)
    return settled
  }

  /** True once a connection is accepted; false when the process ended, or starting took too long. */
  async listens(): Promise<boolean> {
    return (await this.firstListening([this.running.port])) !== null
  }

  /** The first of these ports that accepts a connection, on the target's host or unix socket. */
  async firstListening(ports: readonly number[]): Promise<number | null> {
    const { host, uds, exited } = this.running
    const until = performance.now() + this.startPatience
    while (performance.now() < until) {
      for (const port of ports) {
        const accepted = await (uds === null ? accepts(host, port) : acceptsAt(uds))
        // Asked after the connection: an exit means that somebody else had accepted it.
        if (!accepted) continue
        if ((await race(exited, 0)) !== TIMEOUT) return null
        noteStart(performance.now() - this.#launched)
        return port
      }
      if ((await race(exited, LISTEN_PAUSE)) !== TIMEOUT) return null
    }
    return null
  }

  /**
   * How the process ended; null when it still runs after the time that ending may take. `more`: milliseconds
   * beyond those of a single process.
   */
  async ended(more: number = 0): Promise<ExitInfo | null> {
    const settled = await race(this.running.exited, this.startPatience + more)
    return settled === TIMEOUT ? null : settled
  }

  /** Looks again and again; true as soon as the condition holds, false when it has not for so long. */
  async becomes(condition: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
    const until = performance.now() + ms
    while (!(await condition())) {
      if (performance.now() > until) return false
      await new Promise((resolve) => setTimeout(resolve, LISTEN_PAUSE))
    }
    return true
  }

  async #endedEarly(): Promise<never> {
    throw ended(await this.running.exited)
  }

  /** Waits some quiet periods; true when the event came in that time. */
  async cameWithinQuiet(promise: Promise<unknown>, periods = 1): Promise<boolean> {
    const started = performance.now()
    for (let wait = periods * this.patience.quiet; wait > 0; ) {
      if ((await race(promise, wait)) !== TIMEOUT) return true
      const pinged = performance.now()
      const alive = await this.settle().then(
        () => true,
        () => false,
      )
      // A worker that dies meanwhile may be what is watched for: then its end is on the way.
      if (!alive) return (await race(promise, this.patience.limit)) !== TIMEOUT
      // A machine that is busy now may have been idle when the period was measured.
      const now = performance.now()
      wait = periods * quietFor(now - pinged) - (now - started)
    }
    return (await race(promise, 0)) !== TIMEOUT
  }

  /**
   * Finds out how requests are tied to scopes on this target (client port, else a marker header) and
   * how long a round trip takes.
   */
  async calibrate(): Promise<void> {
    // Over TLS this takes a worker: the kernel alone accepts a connection, and nobody may ever speak on it.
    const channel = await race(this.connect(), this.startPatience)
    if (channel === TIMEOUT)
      throw this.#control.admitted === 0
        ? this.#neverCalledHome()
        : new TargetLostError('the target took a connection and never spoke on it')
    channel.wire.reader.expect('GET')
    const head = `GET /assay-calibration HTTP/1.1\r\nHost: assay.test\r\n${MARKER}: ${channel.id}\r\n\r\n`
    const arrived = channel.scope()
    channel.wire.write(Buffer.from(head, 'latin1'))
    // A server that is still starting may seem to take connections already: on a socket that it inherits, or one
    // whose workers come later.
    arrived.catch(() => undefined)
    const { wire } = channel
    const answers = (): boolean => wire.events.some(({ direction }) => direction === 'in')
    await this.becomes(
      () => this.#control.admitted > 0 || this.#lost !== null || answers() || wire.closing !== null,
      this.startPatience,
    )
    const scope = await this.within(
      arrived,
      'http/scope/one-per-request',
      'the calibration scope',
    ).catch((error: unknown) => {
      throw this.#control.admitted === 0 ? this.#neverCalledHome() : error
    })
    this.#byPort =
      channel.wire.localPort > 0 && portOf(scope.scope['client']) === channel.wire.localPort
    void scope.send({
      type: 'http.response.start',
      status: 200,
      headers: [[Buffer.from('content-length'), Buffer.from('0')]],
    })
    void scope.send({ type: 'http.response.body', body: Buffer.alloc(0) })
    void scope.return()
    await this.within(channel.wire.response(), 'http/send/completes', 'the calibration response')
    const roundTrips: number[] = []
    for (let turn = 0; turn < 30; turn += 1) {
      const started = performance.now()
      // Whoever waits for the end of this start, at the end of a run too, must not wait for ever.
      if ((await race(this.settle(), this.startPatience)) === TIMEOUT)
        throw new TargetLostError('the target answered a request and no ping')
      roundTrips.push(performance.now() - started)
    }
    this.patience = patienceFrom(roundTrips.slice(10))
    this.release(channel)
  }

  async stop(graceMs?: number): Promise<void> {
    this.#stopping = true
    this.log.stopped()
    for (const channel of this.#channels.values()) channel.wire.close()
    await this.running.stop(graceMs)
    await this.#control.close()
  }

  route(scope: RemoteScope): void {
    const [id = '', stream = null] = markerOf(scope.scope['headers']).split('.')
    const channel =
      this.#channels.get(id) ?? this.#channels.get(String(portOf(scope.scope['client'])))
    if (channel === undefined) void scope.return()
    else channel.announce(scope, stream)
  }

  workerLost(worker: Worker): void {
    if (this.#stopping || this.#control.workers.size > 0) return
    this.#loseAll(new WorkerLostError(worker.pid))
  }

  exited(exit: ExitInfo): void {
    this.log.ended(exit)
    const lives = this.#survived && this.#control.workers.size > 0
    if (!this.#stopping && !lives) this.#loseAll(ended(exit))
  }

  /** To the root process, or to a worker of it; to its whole process group where the pid is negative. */
  signal(signal: NodeJS.Signals, pid: number | null = null): void {
    this.log.signalled(signal, pid)
    if (pid === null) this.running.signal(signal)
    else process.kill(pid, signal)
  }

  /** Without the upper tester nothing can be said about the target, for or against it. */
  #neverCalledHome(): InfrastructureError {
    return new InfrastructureError({
      code: 'probe/never-called-home',
      input: this.target.identity.spec,
      rule: `The server accepts connections, but the probe application inside it never opened its control line. Its last output:\n${this.running.logTail()}\n`,
      cure: 'Check that it serves the application it is given, in the environment it is given (ASSAY_CONTROL).',
    })
  }

  /** Nothing more is asked of it: whoever holds it starts another. */
  giveUp(cause: Error): void {
    if (this.#lost === null && !this.#stopping) this.#loseAll(cause)
  }

  async #answersPing(): Promise<boolean> {
    const worker = this.#anyWorker()
    if (worker === null) return false
    const answered = await race(worker.ping(), this.patience.limit)
    return answered !== TIMEOUT
  }

  #anyWorker(): Worker | null {
    for (const worker of this.#control.workers) return worker
    return null
  }

  #loseAll(cause: Error): void {
    const error = new TargetLostError(cause.message)
    this.#lost ??= error
    this.#loss.resolve()
    for (const channel of this.#channels.values()) channel.lose(error)
  }
}

function ended({ code, signal }: ExitInfo): TargetLostError {
  return new TargetLostError(`the target ended (${signal ?? `exit code ${code}`})`)
}

/** Milliseconds between two looks at a server that starts. */
const LISTEN_PAUSE = 20
