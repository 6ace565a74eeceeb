/**
 * The process that generates closed-model load: apart from assay's own, so that its memory and CPU
 * are its own, its event loop can be watched, and nothing that assay does delays a request.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import autocannon, { type Client } from 'autocannon'
import type { LoadProfile } from '../../evidence/load.ts'
import { parseSchedstat } from '../meter/proc.ts'
import { now } from '../meter/process-meter.ts'
import { readProc } from '../meter/process-tree.ts'
import { encode } from '../statistics/histogram.ts'
import type { ClosedResult, FromGenerator, ToGenerator } from './autocannon-messages.ts'
import { REQUEST_TIMEOUT_SECONDS } from './engine.ts'
import { RequestLedger } from './request-ledger.ts'

const LAG_RESOLUTION_MS = 5
const DRAIN_STEP_MS = 5

let halt = new AbortController()

async function run(url: string, profile: LoadProfile): Promise<ClosedResult> {
  const from = now() + profile.warmupSeconds * 1000
  const to = from + profile.seconds * 1000
  const ledger = new RequestLedger(profile.connections, { from, to })
  const clients: Client[] = []
  const cannon = autocannon({
    url,
    method: profile.request.method,
    ...(profile.request.bodyBytes > 0 && { body: 'x'.repeat(profile.request.bodyBytes) }),
    connections: profile.connections,
    // It is stopped by hand, after the drain.
    duration: 24 * 3600,
    timeout: REQUEST_TIMEOUT_SECONDS,
    sampleInt: 50,
    setupClient: (client) => {
      follow(client, clients.length, ledger)
      clients.push(client)
    },
  })
  await pause(from - now())
  const self = watchSelf()
  await pause(to - now())
  ledger.closeAt(now())
  const generator = self()
  await drain(ledger)
  for (const client of clients) client.destroy()
  cannon.stop()
  await cannon
  return {
    type: 'result',
    ...ledger.window,
    ok: ledger.ok,
    failures: ledger.failures,
    connectionsServed: ledger.connectionsServed,
    latency: encode(ledger.latency),
    ...generator,
  }
}

/** Waits, unless halted. */
async function pause(milliseconds: number): Promise<void> {
  try {
    await sleep(Math.max(0, milliseconds), undefined, { signal: halt.signal })
  } catch (error) {
    if (!halt.signal.aborted) throw error
  }
}

/** Answers to requests of the window may come after it: without them the slowest would be lost. */
async function drain(ledger: RequestLedger): Promise<void> {
  const end = now() + REQUEST_TIMEOUT_SECONDS * 1000
  while (ledger.waiting > 0 && now() < end && !halt.signal.aborted) await pause(DRAIN_STEP_MS)
  ledger.finish(halt.signal.aborted ? 'connection lost' : 'no answer in time')
}

/** `setupClient` runs before the connection is opened, so that no event is missed. */
function follow(client: Client, connection: number, ledger: RequestLedger): void {
  let headers: readonly string[] = []
  let trouble: string | null = null
  client.on('headers', (message) => {
    headers = message.headers
  })
  client.on('connError', (error) => {
    trouble = error.code ?? error.message
  })
  client.on('request', () => {
    // autocannon writes on after `Connection: close`, against RFC 9112 §9.6: its fault, not the server's.
    if (trouble === null && announcesClose(headers)) ledger.void(connection)
    ledger.sent(connection, now(), trouble ?? 'closed or timed out without an answer')
    trouble = null
  })
  client.on('response', (status) => ledger.answered(connection, now(), status))
}

function announcesClose(headers: readonly string[]): boolean {
  return headers.some(
    (name, index) =>
      index % 2 === 0 &&
      name.length === 10 &&
      name.toLowerCase() === 'connection' &&
      headers[index + 1]?.toLowerCase() === 'close',
  )
}

/** Starts to watch this process's own CPU, lag and waits; the returned function ends it. */
function watchSelf(): () => Pick<ClosedResult, 'cpuShare' | 'lagP99' | 'waitShare'> {
  const started = now()
  const cpu = process.cpuUsage()
  const waited = ownWait()
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS })
  lag.enable()
  return () => {
    lag.disable()
    const seconds = (now() - started) / 1000
    const { user, system } = process.cpuUsage(cpu)
    const wait = ownWait()
    return {
      cpuShare: (user + system) / 1e6 / seconds,
      // It measures the distance between two timers, their interval included.
      lagP99: Math.max(0, lag.percentile(99) / 1e9 - LAG_RESOLUTION_MS / 1000),
      waitShare: wait === null || waited === null ? null : (wait - waited) / seconds,
    }
  }
}

/** Of the main thread, which is the one that sends. */
function ownWait(): number | null {
  const text = readProc('self/schedstat')
  return text === null ? null : parseSchedstat(text).wait
}

function answer(message: FromGenerator): void {
  process.send?.(message)
}

process.on('message', (message: ToGenerator) => {
  switch (message.type) {
    case 'run':
      halt = new AbortController()
      run(message.url, message.profile).then(answer, (error: unknown) =>
        answer({ type: 'error', message: String(error) }),
      )
      return
    case 'halt':
      halt.abort()
      return
  }
})
// When assay is gone there is nobody to load for.
process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches the whole group; assay decides when the generator ends.
process.on('SIGINT', () => undefined)
answer({ type: 'ready' })
