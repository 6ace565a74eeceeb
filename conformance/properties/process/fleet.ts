import { setTimeout as pause } from 'node:timers/promises'
import type { ExitInfo } from '../../../targets/target.ts'
import { deferred } from '../../testers/deferred.ts'
import type { Iut, StartOptions } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { cooperate } from '../../testers/lifespan-script.ts'
import type { RemoteScope } from '../../testers/remote-scope.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'

/** A server with several worker processes, each known by its lifespan scope. */
export interface Fleet {
  readonly iut: Iut
  /** Every worker that has ever started up. */
  readonly pids: ReadonlySet<number>
  /** Those that were told to shut down. */
  readonly dismissed: ReadonlySet<number>
  /** Those of them that were gone before their application had completed it. */
  readonly hurried: ReadonlySet<number>
  /** Resolves when so many workers, the dead ones included, have started up. */
  readonly started: (count: number) => Promise<void>
}

/** Whether the process is there. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

interface FleetOptions
  extends Omit<StartOptions, 'logFile' | 'workers' | 'lifespan' | 'onLifespan'> {
  /** Milliseconds that the application takes for its shutdown. */
  readonly lingersMs?: number
}

/** Launches the workers and waits until all of them have started up. */
export async function launchWorkers(
  launcher: Launcher,
  clause: string,
  count: number,
  { lingersMs = 0, ...options }: FleetOptions = {},
): Promise<Fleet> {
  const pids = new Set<number>()
  const dismissed = new Set<number>()
  const hurried = new Set<number>()
  const awaited: { readonly count: number; readonly arrived: () => void }[] = []
  const started = (wanted: number): Promise<void> => {
    const arrival = deferred<void>()
    awaited.push({ count: wanted, arrived: () => arrival.resolve() })
    if (pids.size >= wanted) arrival.resolve()
    return arrival.promise
  }
  const all = started(count)
  const settings = { ...options.settings?.['command-line'], replaceWorkers: true }
  const iut = await launcher.serve(clause, {
    ...options,
    settings: { ...options.settings, 'command-line': settings },
    workers: count,
    lifespan: 'auto',
    onLifespan: (scope) => {
      pids.add(scope.pid)
      for (const waiting of awaited) if (pids.size >= waiting.count) waiting.arrived()
      // A worker that is killed takes its lifespan scope with it.
      const heard = async (type: string): Promise<void> => {
        if (type !== 'lifespan.shutdown') return
        dismissed.add(scope.pid)
        if (lingersMs > 0 && (await endsWithin(scope, lingersMs))) hurried.add(scope.pid)
      }
      void cooperate(scope, heard).catch(() => undefined)
    },
  })
  await iut.afterLaunch(all, clause, `${count} worker processes that started up`)
  return { iut, pids, dismissed, hurried, started }
}

/** Whether the call of the application, or its process, comes to its end in that time. */
async function endsWithin(scope: RemoteScope, ms: number): Promise<boolean> {
  return await Promise.race([scope.ended.then(isOver, isOver), pause(ms, false)])
}

function isOver(): boolean {
  return true
}

const FAREWELL = 'lifespan/shutdown/event'
const AWAITED = 'lifespan/shutdown/complete-awaited'

/** lifespan.rst: there are lifespan events in each process, so one that ends in order hears of its shutdown. */
export async function judgeDismissed(
  launcher: Launcher,
  { iut, dismissed, hurried }: Fleet,
  gone: readonly number[],
): Promise<void> {
  const unaware = (): readonly number[] => gone.filter((pid) => !dismissed.has(pid))
  await iut.becomes(() => unaware().length === 0, LAST_WORDS_MS)
  launcher.check(
    FAREWELL,
    unaware().length === 0,
    `lifespan.shutdown in each of ${gone.length} workers that were not needed any more`,
    () => `the end of ${unaware().length} of them without it`,
  )
  launcher.check(
    AWAITED,
    hurried.size === 0,
    'workers that wait for lifespan.shutdown.complete',
    () => `the end of ${hurried.size} before it`,
  )
}

/** In which what a worker has said before its end arrives. */
const LAST_WORDS_MS = 500

/** Launches workers whose application fails their start-up in this way: the server ends. Null: it has not. */
export async function launchFailing(
  launcher: Launcher,
  clause: string,
  count: number,
  fail: (scope: RemoteScope) => Promise<unknown>,
): Promise<ExitInfo | null> {
  const iut = await launcher.start({
    workers: count,
    lifespan: 'auto',
    waitUntilListening: false,
    onLifespan: (scope) =>
      void scope
        .receive()
        .then(() => fail(scope))
        .catch(() => undefined),
  })
  iut.expectEnd()
  const exit = await iut.ended(count * WORKER_MS)
  launcher.check(clause, exit !== null, 'the end of the server', () => 'it still runs')
  return exit
}

/** What each worker, started beside the others, may take longer than one alone. */
const WORKER_MS = 1000

/** The server serves a request on a connection of its own. */
export async function judgeServes(trial: Trial, clause: string): Promise<void> {
  const next = await trial.open(http.get('/'), { fresh: true })
  await next.respond({ status: 204 })
  const response = await next.response(clause)
  trial.check(clause, response?.status === 204, 'requests served', () => String(response?.status))
}
