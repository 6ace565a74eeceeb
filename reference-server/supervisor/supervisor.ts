import cluster, { type Worker } from 'node:cluster'
import { dirname, resolve as resolvePath } from 'node:path'
import { EXIT } from '../../evidence/verdict.ts'
import type { Settings } from '../config/settings.ts'
import type { ServerLog } from '../server/log.ts'
import { readReference } from '../server/reference.ts'
import { BackOff } from './back-off.ts'
import { RELEASED, RETIRE, readWorkerMessage } from './messages.ts'
import { type Snapshot, serveMetrics } from './metrics-endpoint.ts'
import { notifySystemd, withActivatedSocket } from './notify.ts'
import { sharedPort } from './shared-port.ts'
import { onSignals } from './signals.ts'
import { type Account, Tally } from './tally.ts'
import { watchFiles } from './watch-files.ts'

/** Beyond the workers' own time for draining, until they are killed. */
const KILL_AFTER_MS = 2_000

/** The program of a worker, whatever command its supervisor was started by. */
export interface WorkerProgram {
  readonly file: string
  readonly argv: readonly string[]
}

/** Runs workers that share one listening socket until a signal ends them; resolves with the exit code. */
export async function supervise(
  settings: Settings,
  program: WorkerProgram,
  log: ServerLog,
): Promise<number> {
  const supervisor = new Supervisor(withActivatedSocket(settings), program, log)
  return await supervisor.run()
}

/** A worker, and what its supervisor knows of it. */
interface Slot {
  readonly worker: Worker
  readonly account: Account
  ready: boolean
  /** It is to take the place of another, which serves until it is ready. */
  readonly succeeds: boolean
  /** It was told to stop: its end is no accident. */
  stopping: boolean
  /** It listens no more. */
  closed: boolean
  /** No request is left in it. */
  drained: boolean
}

class Supervisor {
  readonly #settings: Settings
  readonly #program: WorkerProgram
  readonly #log: ServerLog
  readonly #backOff: BackOff
  readonly #slots: Map<number, Slot>
  readonly #tally: Tally
  #wanted: number
  /** That all workers listen on; null where they do not listen on a port. */
  #port: number | null
  #announced: boolean
  #stopping: boolean
  #exitCode: number
  #rolling: Promise<void>
  #finish: () => void

  constructor(settings: Settings, program: WorkerProgram, log: ServerLog) {
    this.#settings = settings
    this.#program = program
    this.#log = log
    this.#backOff = new BackOff()
    this.#slots = new Map()
    this.#tally = new Tally()
    this.#wanted = settings.workers
    this.#port = null
    this.#announced = false
    this.#stopping = false
    this.#exitCode = EXIT.pass
    this.#rolling = Promise.resolve()
    this.#finish = () => {}
  }

  async run(): Promise<number> {
    // Each worker accepts by itself: no connection passes through this process.
    cluster.schedulingPolicy = cluster.SCHED_NONE
    cluster.setupPrimary({ exec: this.#program.file, args: [...this.#program.argv] })
    const finished = new Promise<void>((resolve) => {
      this.#finish = resolve
    })
    const stopSignals = this.#listenToSignals()
    const stopMetrics = await this.#serveMetrics()
    const stopWatching = this.#settings.reload ? this.#watchFiles() : null
    this.#port = await sharedPort(this.#settings)
    if (!this.#stopping) await this.#startFirst()
    await finished
    stopWatching?.()
    stopMetrics?.()
    stopSignals()
    return this.#exitCode
  }

  #listenToSignals(): () => void {
    const stops = [
      onSignals(['SIGHUP'], () => this.#roll()),
      onSignals(['SIGTTIN'], () => this.#resize(this.#wanted + 1)),
      onSignals(['SIGTTOU'], () => this.#resize(Math.max(1, this.#wanted - 1))),
      onSignals(['SIGTERM', 'SIGINT'], () => {
        if (this.#stopping) this.#kill(() => true)
        else this.#stop(EXIT.pass)
      }),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }

  /** One worker alone shows whether the application starts at all. */
  async #startFirst(): Promise<void> {
    const first = this.#fork()
    const isReady = await this.#untilReady(first)
    if (!isReady || this.#stopping) return
    this.#fill()
  }

  #fork(succeeds = false): Slot {
    const { fd } = this.#settings
    const environment = {
      ...(this.#port === null ? {} : { ASSAY_SUPERVISED_PORT: String(this.#port) }),
      ...(fd === null ? {} : { ASSAY_SUPERVISED_FD: String(fd) }),
    }
    const worker = cluster.fork(environment)
    const account = this.#tally.open(worker)
    const slot: Slot = {
      worker,
      account,
      succeeds,
      ready: false,
      stopping: false,
      closed: false,
      drained: false,
    }
    this.#slots.set(worker.id, slot)
    worker.on('message', (message: unknown) => this.#hear(slot, message))
    worker.on('exit', (code, signal) => this.#exited(slot, code, signal))
    return slot
  }

  /** Starts as many workers as are missing. */
  #fill(): void {
    const alive = [...this.#slots.values()].filter((slot) => !slot.stopping).length
    for (let i = alive; i < this.#wanted; i += 1) this.#fork()
  }

  #hear(slot: Slot, raw: unknown): void {
    const message = readWorkerMessage(raw)
    if (message === null) return
    switch (message.type) {
      case 'ready':
        slot.ready = true
        this.#backOff.ready()
        slot.worker.emit('assay-ready')
        this.#announce(message.url)
        return
      case 'closed':
        slot.closed = true
        this.#release()
        return
      case 'drained':
        slot.drained = true
        return
      case 'retire':
        void this.#replace(slot)
        return
      case 'counts':
        slot.account.told(message.counts)
    }
  }

  /** Workers that listen no more answer requests again when none of them does. */
  #release(): void {
    const slots = [...this.#slots.values()]
    if (slots.some(({ ready, stopping, closed }) => ready && !stopping && !closed)) return
    for (const { worker, closed } of slots) if (closed) worker.send(RELEASED, ignore)
  }

  #announce(url: string): void {
    if (this.#announced) return
    this.#announced = true
    this.#log.info(`listening on ${url}`)
    notifySystemd('READY=1', this.#log)
  }

  /** `code`: null when a signal has ended it. */
  #exited(slot: Slot, code: number | null, signal: string | null): void {
    this.#slots.delete(slot.worker.id)
    slot.worker.emit('assay-gone')
    if (this.#stopping) {
      if (this.#slots.size === 0) this.#finish()
      else this.#release()
      return
    }
    if (slot.stopping) return
    const how = signal ?? `exit code ${code}`
    this.#log.warn(`worker ${slot.worker.process.pid} ended with ${how}`)
    // Its predecessor goes on: one more attempt is made when one is asked for.
    if (slot.succeeds && !slot.ready) return
    // A worker that never served anything will not do better the next time.
    const delay = this.#announced ? this.#backOff.next(slot.ready) : null
    if (delay === null) {
      this.#log.error('Workers end before they are ready; the server stops.')
      this.#stop(code || EXIT.infrastructure)
      return
    }
    setTimeout(() => {
      if (!this.#stopping) this.#fill()
    }, delay)
  }

  /** True once it is ready, false when it ended before. */
  #untilReady(slot: Slot): Promise<boolean> {
    if (slot.ready) return Promise.resolve(true)
    return new Promise((resolve) => {
      slot.worker.once('assay-ready', () => resolve(true))
      slot.worker.once('assay-gone', () => resolve(false))
    })
  }

  #resize(workers: number): void {
    if (this.#stopping) return
    this.#wanted = workers
    this.#log.info(`${workers} workers are wanted`)
    const alive = [...this.#slots.values()].filter((slot) => !slot.stopping)
    for (const slot of alive.slice(workers)) this.#retire(slot)
    this.#fill()
  }

  /**
   * Replaces every worker, one after the other, each only when its successor accepts connections. Where one does not
   * come to that, the others would not either.
   */
  #roll(): void {
    this.#rolling = this.#rolling.then(async () => {
      this.#log.info('rolling restart')
      for (const slot of [...this.#slots.values()].filter(({ stopping }) => !stopping)) {
        if (await this.#replace(slot)) continue
        this.#log.error('The rolling restart is given up; the workers that run go on.')
        return
      }
    })
  }

  /** False when its successor did not come to serve. */
  async #replace(slot: Slot): Promise<boolean> {
    if (this.#stopping || slot.stopping) return true
    const successor = this.#fork(true)
    // Counted out before its successor is counted in, so that nobody fills the gap twice.
    slot.stopping = true
    if (await this.#untilReady(successor)) {
      this.#retire(slot)
      return true
    }
    slot.stopping = false
    // It may have ended meanwhile.
    if (!this.#stopping) this.#fill()
    return this.#stopping
  }

  /** Others listen on. */
  #retire(slot: Slot): void {
    slot.stopping = true
    slot.worker.send(RETIRE, ignore)
  }

  #stop(exitCode: number): void {
    this.#stopping = true
    this.#exitCode = exitCode
    notifySystemd('STOPPING=1', this.#log)
    for (const { worker } of this.#slots.values()) worker.process.kill('SIGTERM')
    if (this.#slots.size === 0) this.#finish()
    const limitMs = 1000 * this.#settings.timeoutShutdown + KILL_AFTER_MS
    setTimeout(() => this.#kill(({ drained }) => !drained), limitMs).unref()
  }

  #kill(isMeant: (slot: Slot) => boolean): void {
    for (const slot of this.#slots.values()) if (isMeant(slot)) slot.worker.process.kill('SIGKILL')
  }

  async #serveMetrics(): Promise<(() => void) | null> {
    const { metricsPort } = this.#settings
    if (metricsPort === null) return null
    return await serveMetrics(metricsPort, () => this.#snapshot())
  }

  async #snapshot(): Promise<Snapshot> {
    const slots = [...this.#slots.values()].filter(({ ready }) => ready)
    await Promise.all(slots.map(({ account }) => account.refresh()))
    return { counts: this.#tally.total(), workers: slots.length }
  }

  #watchFiles(): () => void {
    const { file = '' } = readReference(this.#settings.app ?? '') ?? {}
    return watchFiles(dirname(resolvePath(file)), () => this.#roll())
  }
}

/** A worker that is gone need not be told. */
function ignore(): void {}
