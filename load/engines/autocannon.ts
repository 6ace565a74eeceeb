import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import path from 'node:path'
import { InfrastructureError } from '../../evidence/errors.ts'
import { decode } from '../statistics/histogram.ts'
import type { ClosedResult, FromGenerator, ToGenerator } from './autocannon-messages.ts'
import {
  type Engine,
  type EngineRequest,
  type EngineResult,
  REQUEST_TIMEOUT_SECONDS,
} from './engine.ts'

const PROCESS_FILE = path.join(
  import.meta.dirname,
  `autocannon-process${path.extname(import.meta.filename)}`,
)

/**
 * The closed model. One process serves all runs, so that its code is warm from the second on; it is
 * started anew when it has died.
 */
export class AutocannonEngine implements Engine {
  readonly name = 'autocannon'
  readonly version: string = autocannonVersion()
  #process: ChildProcess | null = null

  async run(request: EngineRequest): Promise<EngineResult> {
    const child = await this.#ready()
    const { host, port, profile, halt } = request
    const send = (message: ToGenerator): boolean => child.connected && child.send(message)
    const onHalt = (): void => void send({ type: 'halt' })
    const result = reply(child, deadline(request))
    const address = host.includes(':') ? `[${host}]` : host
    send({ type: 'run', url: `http://${address}:${port}${profile.request.path}`, profile })
    halt.addEventListener('abort', onHalt)
    if (halt.aborted) onHalt()
    try {
      return toResult(await result)
    } catch (error) {
      await this.close()
      throw error
    } finally {
      halt.removeEventListener('abort', onHalt)
    }
  }

  async close(): Promise<void> {
    const child = this.#process
    this.#process = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  async #ready(): Promise<ChildProcess> {
    if (this.#process?.connected === true) return this.#process
    const child = fork(PROCESS_FILE, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#process = child
    await reply(child, 30_000)
    return child
  }
}

/** Milliseconds after which a generator that says nothing must have gone wrong. */
function deadline({ profile }: EngineRequest): number {
  return (profile.warmupSeconds + profile.seconds + REQUEST_TIMEOUT_SECONDS + 20) * 1000
}

/** The next message of the generator. */
function reply(child: ChildProcess, timeoutMs: number): Promise<FromGenerator> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail('said nothing in time'), timeoutMs)
    const settle = (): void => {
      clearTimeout(timer)
      child.off('message', onMessage)
      child.off('exit', onExit)
      child.off('error', onError)
    }
    const fail = (what: string): void => {
      settle()
      reject(broken(what))
    }
    const onMessage = (message: FromGenerator): void => {
      settle()
      resolve(message)
    }
    const onExit = (code: number | null, signal: string | null): void =>
      fail(`ended with ${signal ?? `exit code ${code}`}`)
    const onError = (error: Error): void => fail(error.message)
    child.on('message', onMessage)
    child.on('exit', onExit)
    child.on('error', onError)
  })
}

function toResult(message: FromGenerator): EngineResult {
  switch (message.type) {
    case 'result':
      return fromClosed(message)
    case 'error':
      throw broken(message.message)
    case 'ready':
      throw broken('announced itself twice')
  }
}

function fromClosed(result: ClosedResult): EngineResult {
  return {
    window: { from: result.from, to: result.to },
    ok: result.ok,
    failures: result.failures,
    dropped: 0,
    latency: decode(result.latency),
    serviceTime: null,
    offeredRate: null,
    connectionsServed: result.connectionsServed,
    generator: {
      cpuShare: result.cpuShare,
      lagP99: result.lagP99,
      waitShare: result.waitShare,
    },
    blockers: [],
  }
}

function broken(what: string): InfrastructureError {
  return new InfrastructureError({
    code: 'load/generator',
    input: 'the autocannon process',
    rule: `${what}.`,
    cure: 'Run the load again; if it happens twice, report it with the profile.',
  })
}

function autocannonVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('autocannon/package.json')
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown'
}
