import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { resolve } from 'node:path'

const MAIN = resolve(import.meta.dirname, '../main.js')

export interface Launch {
  /** Becomes descriptor 3, or the standard input. */
  readonly inherited?: number
  readonly inheritsAs?: 0 | 3
  /** The beginning of a command whose end is the server's own. */
  readonly through?: readonly string[]
}

/** A server process of its own, as `assay serve` starts it. */
export class ServeProcess {
  readonly child: ChildProcess
  readonly #changes: EventEmitter
  #log: string

  constructor(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    { inherited, inheritsAs = 3, through = [] }: Launch = {},
  ) {
    this.#log = ''
    this.#changes = new EventEmitter()
    const [program = process.execPath, ...rest] = [...through, process.execPath, MAIN, ...args]
    this.child = spawn(program, rest, {
      env: { PATH: process.env['PATH'], ...environment },
      stdio:
        inheritsAs === 0
          ? [inherited, 'pipe', 'pipe']
          : ['ignore', 'pipe', 'pipe', ...(inherited === undefined ? [] : [inherited])],
    })
    const keep = (bytes: Buffer): void => {
      this.#log += bytes.toString()
      this.#changes.emit('change')
    }
    this.child.stdout?.on('data', keep)
    this.child.stderr?.on('data', keep)
    this.child.on('close', () => this.#changes.emit('change'))
  }

  get log(): string {
    return this.#log
  }

  /** Resolves with the first match once it was logged; rejects when the process ends before. */
  async logged(pattern: RegExp): Promise<RegExpExecArray> {
    while (true) {
      const match = pattern.exec(this.#log)
      if (match !== null) return match
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`The server ended: ${this.#log}`)
      }
      await once(this.#changes, 'change')
    }
  }

  /** The URL that it listens on. */
  async url(): Promise<string> {
    return (await this.logged(/listening on (http[^\s"]+)/))[1] ?? ''
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Exit code, null when a signal ended it. */
  async exited(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      await once(this.child, 'exit')
    }
    return this.child.exitCode
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.exited()
  }
}
