import cluster, { type Worker } from 'node:cluster'
import { setFlagsFromString } from 'node:v8'
import type { Settings } from '../config/settings.ts'
import { loadApplication } from '../server/load-application.ts'
import type { ServerLog } from '../server/log.ts'
import type { Metrics } from '../server/metrics.ts'
import { type RunningServer, serve } from '../server/serve.ts'
import { COUNT, RELEASED, RETIRE, type WorkerMessage } from './messages.ts'
import { type Snapshot, serveMetrics } from './metrics-endpoint.ts'
import { notifySystemd, withActivatedSocket } from './notify.ts'
import { onSignals } from './signals.ts'
import { onStrays } from './strays.ts'

/** Serves in this process, alone or as a worker, until it is told to stop; resolves with the exit code. */
export async function runProcess(
  settings: Settings,
  reference: string,
  log: ServerLog,
): Promise<number> {
  setFlagsFromString(HEAP_GROWTH)
  onStrays(settings, log)
  // Signals that come while the application starts must not kill it half started.
  const stop = new Stop()
  // What waits for something that nobody will bring about holds nothing that keeps a process alive.
  setInterval(ignore, AWAKE_MS)
  const starting = start(settings, reference, log)
  const stopReloading = onSignals(['SIGHUP'], () => {
    void starting.then((started) => reload(started, settings, log), ignore)
  })
  const server = await Promise.race([starting, stop.givenUp(1000 * settings.timeoutShutdown)])
  if (server === null) {
    log.warn('The start of the application is not waited for any longer.')
    return 0
  }
  const stopMetrics = cluster.isWorker ? null : await metricsOf(server, settings)
  announce(server, log)
  server.onRetire(() => {
    if (cluster.isWorker) tell({ type: 'retire' })
    else stop.now()
  })
  await stop.asked
  if (!cluster.isWorker) notifySystemd('STOPPING=1', log)
  void stop.urged.then(() => server.abort())
  await server.close(
    cluster.isWorker ? { othersListen: stop.retired, released, drained } : undefined,
  )
  stopReloading()
  stopMetrics?.()
  if (cluster.isWorker && server.metrics !== null) await lastReport(server.metrics)
  return 0
}

async function start(
  settings: Settings,
  reference: string,
  log: ServerLog,
): Promise<RunningServer> {
  const application = await loadApplication(reference, settings.factory)
  return await serve(application, { ...effective(settings), log })
}

const AWAKE_MS = 60_000

/**
 * V8 lets a heap grow to four times what the last full collection left, or to less when much was allocated
 * meanwhile. Bodies are memory outside of the heap, which it counts all the same: a few MiB of them make it
 * mark a small heap every 40 ms. So it is always four times.
 */
const HEAP_GROWTH = '--heap-growing-percent=300'

/** How long a worker waits for the others, which may be busy, until it answers requests again. */
const RELEASE_MS = 1000

/**
 * A socket that workers share is closed when the last of them and their supervisor have closed it.
 * Whoever answered a client before could bring a connection that is reset then.
 */
function released(): Promise<void> {
  if (!process.connected) return Promise.resolve()
  return new Promise((resolve) => {
    setTimeout(resolve, RELEASE_MS).unref()
    process.once('disconnect', resolve)
    process.on('message', (message) => {
      if (message === RELEASED) resolve()
    })
    tell({ type: 'closed' })
  })
}

/** The application's shutdown has no limit of time, so that its supervisor must not take it for a worker that hangs. */
function drained(): void {
  tell({ type: 'drained' })
}

/**
 * Node.js would end a worker at once when its supervisor is gone, in the middle of its requests, or when it has
 * something to tell it before it has noticed.
 */
function outlive(worker: Worker): void {
  worker.exitedAfterDisconnect = true
  worker.on('error', ignore)
}

/** A worker listens where its supervisor's first worker did, should that have been any free port. */
function effective(settings: Settings): Settings {
  if (!cluster.isWorker) return withActivatedSocket(settings)
  const { ASSAY_SUPERVISED_PORT: port, ASSAY_SUPERVISED_FD: fd } = process.env
  return {
    ...settings,
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(fd === undefined ? {} : { fd: Number(fd) }),
  }
}

/** Returns what ends them, null without any; the server does not outlive a failure. */
async function metricsOf(server: RunningServer, settings: Settings): Promise<(() => void) | null> {
  const { metrics } = server
  if (settings.metricsPort === null || metrics === null) return null
  const take = async (): Promise<Snapshot> => ({ counts: metrics.counts, workers: 1 })
  try {
    return await serveMetrics(settings.metricsPort, take)
  } catch (error) {
    await server.close()
    throw error
  }
}

function reload(server: RunningServer, settings: Settings, log: ServerLog): void {
  if (settings.tlsCert === null) {
    log.info('there are no certificates to read again')
    return
  }
  try {
    server.reloadCertificates()
    log.info('certificates were read again')
  } catch (error) {
    log.error('The certificates cannot be read; the old ones stay in use.', error)
  }
}

function announce(server: RunningServer, log: ServerLog): void {
  if (cluster.isWorker) {
    const { url, metrics } = server
    if (metrics !== null) reportTo(metrics)
    tell({ type: 'ready', url })
    return
  }
  log.info(`listening on ${server.url}`)
  notifySystemd('READY=1', log)
}

/** What is served between two reports is all that is not counted of a worker that is killed. */
const REPORT_MS = 1000

/** Tells the supervisor what was served, when it asks and soon after each request. */
function reportTo(metrics: Metrics): void {
  const report = (): void => tell({ type: 'counts', counts: metrics.counts })
  let isDue = false
  metrics.onEnded = () => {
    if (isDue) return
    isDue = true
    setTimeout(() => {
      isDue = false
      report()
    }, REPORT_MS).unref()
  }
  process.on('message', (message) => {
    if (message === COUNT) report()
  })
}

/** The last word of a worker, so that what it has served outlives it. */
async function lastReport(metrics: Metrics): Promise<void> {
  await new Promise<unknown>((resolve) => {
    const message: WorkerMessage = { type: 'counts', counts: metrics.counts }
    // The supervisor may be gone.
    if (process.connected) process.send?.(message, resolve)
    else resolve(null)
  })
}

function tell(message: WorkerMessage): void {
  // The supervisor may be gone.
  if (process.connected) process.send?.(message, ignore)
}

function ignore(): void {}

/** The wish that this process ends: by a signal, by its supervisor's death, or by itself. */
class Stop {
  readonly asked: Promise<void>
  /** A second signal has come. */
  readonly urged: Promise<void>
  #ask: () => void
  #retired: boolean

  constructor() {
    this.#retired = false
    this.#ask = () => {}
    this.asked = new Promise((resolve) => {
      this.#ask = resolve
    })
    let urge: () => void = ignore
    this.urged = new Promise((resolve) => {
      urge = resolve
    })
    let signalled = false
    onSignals(['SIGTERM', 'SIGINT'], (signal) => {
      // A terminal sends SIGINT to workers as well: their supervisor decides.
      if (signal === 'SIGINT' && cluster.isWorker) return
      if (signalled) urge()
      signalled = true
      this.#ask()
    })
    if (cluster.worker !== undefined) outlive(cluster.worker)
    process.on('disconnect', () => this.#ask())
    process.on('message', (message) => {
      if (message !== RETIRE) return
      this.#retired = true
      this.#ask()
    })
  }

  /** It is this worker alone that stops. */
  get retired(): boolean {
    return this.#retired
  }

  now(): void {
    this.#ask()
  }

  /** Resolves when what was begun before the wish has had its time, or at a second signal. */
  async givenUp(limitMs: number): Promise<null> {
    await this.asked
    const timeIsUp = new Promise((resolve) => {
      setTimeout(resolve, limitMs).unref()
    })
    await Promise.race([timeIsUp, this.urged])
    return null
  }
}
