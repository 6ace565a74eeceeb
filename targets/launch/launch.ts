import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import type { Server } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { InfrastructureError } from '../../evidence/errors.ts'
import type { Descriptor, ExitInfo, RunningTarget } from '../target.ts'
import { openLog, tailOf } from './log.ts'
import { guard, killGroup, release } from './orphan-guard.ts'
import { accepts, acceptsAt, portBusy } from './port.ts'

/** A command line that starts a server on a known address. */
export interface ServerCommand {
  /** Names it in error messages: `uvicorn@0.29.0`. */
  readonly label: string
  readonly executable: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly directory: string
  readonly host: string
  readonly port: number
  /** The unix socket that it listens on in place of host and port. */
  readonly uds: string | null
  /** A listening socket that becomes one of its descriptors, and is closed on our side. */
  readonly inherits?: Server | null
  /** Which one: by default the first behind the standard streams. */
  readonly inheritsAs?: Descriptor
  /** Milliseconds until what its root leaves behind is killed. */
  readonly orphansMs?: number
  /** As many descriptors as each of its processes may have open. */
  readonly descriptors?: number
  readonly logFile: string
  readonly startTimeoutMs: number
  readonly waitUntilListening: boolean
  /** What often helps when it dies at start-up. */
  readonly advice: string
}

/** Milliseconds between SIGTERM and SIGKILL unless `stop` is told otherwise. */
const GRACE = 5_000
const FIRST_PAUSE = 5
const LONGEST_PAUSE = 80

/**
 * Starts the server in a process group of its own.
 * @throws InfrastructureError `launch/not-executable`, `launch/port-busy`, `launch/died`,
 *   `launch/never-listened`; in each case nothing is left running.
 */
export async function launchServer(command: ServerCommand): Promise<RunningTarget> {
  const server = await start(command)
  if (!command.waitUntilListening) return server
  try {
    await untilListening(command, server)
    return server
  } catch (error) {
    await server.stop(0)
    throw error
  }
}

async function start(command: ServerCommand): Promise<RunningTarget> {
  const log = openLog(command.logFile)
  const [executable, args] = limited(command)
  const child = spawn(executable, args, {
    cwd: command.directory,
    env: command.environment,
    detached: true,
    stdio: streams(log, command),
  })
  closeSync(log)
  const pid = await spawned(child, command)
  command.inherits?.close()
  guard(pid)
  return running(command, child, pid)
}

/** The shell sets the limit and becomes the server: its process and signals are the same. */
function limited({
  executable,
  args,
  descriptors,
}: ServerCommand): readonly [executable: string, args: readonly string[]] {
  if (descriptors === undefined) return [executable, args]
  return [
    '/bin/sh',
    ['-c', 'ulimit -n "$0" && exec "$@"', String(descriptors), executable, ...args],
  ]
}

function streams(
  log: number,
  { inherits = null, inheritsAs }: ServerCommand,
): ('ignore' | number)[] {
  const given = handed(inherits)
  return inheritsAs === 0 ? [...given, log, log] : ['ignore', log, log, ...given]
}

/** The descriptor of a listening socket, which Node.js knows, but does not tell by any method. */
function handed(server: Server | null): number[] {
  const handle: unknown = server === null ? null : Reflect.get(server, '_handle')
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return []
  return typeof handle.fd === 'number' ? [handle.fd] : []
}

function sweep(group: number): void {
  killGroup(group)
  release(group)
}

function spawned(child: ChildProcess, command: ServerCommand): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => {
      resolve(child.pid ?? 0)
    })
    child.once('error', (cause) => {
      const complaint = {
        code: 'launch/not-executable',
        input: command.executable,
        rule: `It could not be started: ${cause.message}.`,
        cure: 'Check the file and the folder it is started in.',
      }
      reject(new InfrastructureError(complaint, { cause }))
    })
  })
}

function running(command: ServerCommand, child: ChildProcess, pid: number): RunningTarget {
  const exited = new Promise<ExitInfo>((resolve) => {
    child.once('exit', (code, signal) => {
      // Workers that lost their parent are still in its group.
      if (command.orphansMs === undefined) sweep(pid)
      else setTimeout(sweep, command.orphansMs, pid)
      resolve({ code, signal })
    })
  })
  return {
    host: command.host,
    port: command.port,
    uds: command.uds,
    pid,
    exited,
    process: child,
    logTail: () => tailOf(command.logFile),
    signal(signal) {
      child.kill(signal)
    },
    async stop(graceMs = GRACE) {
      child.kill(graceMs > 0 ? 'SIGTERM' : 'SIGKILL')
      const timer = setTimeout(() => {
        killGroup(pid)
      }, graceMs)
      try {
        return await exited
      } finally {
        clearTimeout(timer)
      }
    },
  }
}

async function untilListening(command: ServerCommand, server: RunningTarget): Promise<void> {
  let exit: ExitInfo | null = null
  void server.exited.then((info) => {
    exit = info
  })
  const deadline = performance.now() + command.startTimeoutMs
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const listening = await (command.uds === null
      ? accepts(command.host, command.port)
      : acceptsAt(command.uds))
    // Asked after the connection: an exit means that somebody else had accepted it.
    if (exit !== null) throw died(command, exit, server.logTail())
    if (listening) return
    if (performance.now() >= deadline) throw neverListened(command, server.logTail())
    await Promise.race([delay(pause), server.exited])
  }
}

function died(command: ServerCommand, exit: ExitInfo, tail: string): InfrastructureError {
  if (/address already in use|EADDRINUSE|connection in use/i.test(tail))
    return portBusy(command.host, command.port)
  const how = exit.signal === null ? `with exit code ${exit.code}` : `by ${exit.signal}`
  return new InfrastructureError({
    code: 'launch/died',
    input: command.label,
    rule: `The server ended ${how} before it listened. Its last output:\n${tail}\n`,
    cure: `Its whole output is in ${command.logFile}; ${command.advice}`,
  })
}

function neverListened(command: ServerCommand, tail: string): InfrastructureError {
  const seconds = command.startTimeoutMs / 1000
  return new InfrastructureError({
    code: 'launch/never-listened',
    input: command.label,
    rule: `The server accepted no connection on ${command.uds ?? `${command.host}:${command.port}`} within ${seconds} s. Its last output:\n${tail === '' ? '(none)' : tail}\n`,
    cure: `Its whole output is in ${command.logFile}.`,
  })
}
