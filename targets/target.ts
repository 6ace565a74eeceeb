import type { ChildProcess } from 'node:child_process'
import type { Server } from 'node:net'
import type { Capability, TargetIdentity } from '../evidence/target.ts'
import type { FileFormat, FileNaming, SettingSource, SettingsBySource } from './settings.ts'

/** `uvicorn@0.29.0+h11` taken apart (DESIGN.md §8). */
export interface TargetSpec {
  readonly name: string
  /** Null: the newest that the index or the cache offers. */
  readonly version: string | null
  readonly flavours: readonly string[]
  /** Raw launch arguments of `--server-arg`. */
  readonly serverArgs: readonly string[]
  /** Pins of `--with`: `h11==0.14.0`. */
  readonly pins: readonly string[]
}

/** An application that a target can serve, in each language a server may want. */
export interface Application {
  readonly python: {
    /** Folder that goes on PYTHONPATH. */
    readonly directory: string
    readonly module: string
    readonly attribute: string
  }
  readonly node: {
    readonly file: string
    readonly exportName: string
  }
}

/** Standard input, or the first descriptor behind the standard streams. */
export type Descriptor = 0 | 3

export interface LaunchRequest {
  readonly application: Application
  /** Added to a small, fixed base environment. */
  readonly environment?: Readonly<Record<string, string>>
  readonly workers?: number
  readonly lifespan?: 'on' | 'off' | 'auto'
  /** Default: 127.0.0.1, a free port. */
  readonly host?: string
  readonly port?: number
  /** Path of a unix socket to listen on, in place of host and port. */
  readonly uds?: string
  /** A listening socket that the server inherits and listens on, in place of host and port; at `uds` where it is a unix socket. */
  readonly inherits?: Server
  /** The number under which it inherits that; by default the first behind the standard streams. */
  readonly inheritsAs?: Descriptor
  /** The server is told port 0, and has to say which one it took. */
  readonly anyPort?: boolean
  /** Somebody may listen on the port already: what the server makes of that is what is tested. */
  readonly mayBeBusy?: boolean
  /** Where the server is told its address; default: on the command line. */
  readonly addressIn?: SettingSource | 'nowhere'
  /** What else is set, and where. */
  readonly settings?: SettingsBySource
  /** Idle connections are kept beyond any wait of a tester, unless the arguments of the target say otherwise. */
  readonly keepsIdle?: boolean
  /** Of the configuration file, for servers that read several; default: whichever. */
  readonly fileFormat?: FileFormat
  /** Where the file is named, for servers that look in several places; default: on the command line. */
  readonly fileNamedIn?: FileNaming
  readonly extraArgs?: readonly string[]
  /** Where its standard output and error are written. */
  readonly logFile: string
  /** Milliseconds until it must accept a connection; default 20,000. */
  readonly startTimeoutMs?: number
  /** Milliseconds that processes may outlive the root of their tree until they are killed; default 0. */
  readonly orphansMs?: number
  /** As many descriptors as each of its processes may have open; default: as many as we may. */
  readonly descriptors?: number
  /** False: return as soon as the process is spawned (start-up behaviour is what is tested). */
  readonly waitUntilListening?: boolean
}

export interface ExitInfo {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A server that runs, and the only way to stop it. */
export interface RunningTarget {
  readonly host: string
  readonly port: number
  /** The unix socket it listens on in place of host and port. */
  readonly uds: string | null
  /** Root of its process tree; null when it was attached. */
  readonly pid: number | null
  /** Resolves when the root process ends, however it ends. Never rejects. */
  readonly exited: Promise<ExitInfo>
  readonly process: ChildProcess | null
  /** The last lines of its output, for error messages. */
  logTail(): string
  signal(signal: NodeJS.Signals): void
  /** SIGTERM, then SIGKILL to the whole group after the grace period; leaves no orphan. */
  stop(graceMs?: number): Promise<ExitInfo>
}

/** Installed and ready to be launched any number of times. */
export interface PreparedTarget {
  readonly identity: TargetIdentity
  has(capability: Capability): boolean
  launch(request: LaunchRequest): Promise<RunningTarget>
}
