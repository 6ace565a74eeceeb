import type { ExitInfo, RunningTarget } from '../../targets/target.ts'

/** What happened to the process of a server, as far as the suite did it or saw it. */
export interface ProcessEvent {
  /** Milliseconds on the clock of `performance.now()`. */
  readonly at: number
  readonly by: 'suite' | 'server'
  readonly label: string
  readonly detail: string
}

/** Where a program launches servers and sends them signals, that is part of its transcript. */
export class ProcessLog {
  readonly events: ProcessEvent[]

  constructor(launchedAt: number, { process }: RunningTarget) {
    const detail = process === null ? '' : process.spawnargs.map(withoutFolders).join(' ')
    this.events = [{ at: launchedAt, by: 'suite', label: 'start', detail }]
  }

  /** `pid`: a worker, or the whole group where it is negative; null: the root process. */
  signalled(signal: NodeJS.Signals, pid: number | null): void {
    const whom = pid === null ? '' : pid < 0 ? ' to the process group' : ` to worker ${pid}`
    this.#note('suite', `${signal}${whom}`)
  }

  /** What comes behind it was not asked for by the program. */
  stopped(): void {
    if (this.events.at(-1)?.by !== 'server') this.#note('suite', 'stop, at the end of the program')
  }

  ended({ code, signal }: ExitInfo): void {
    this.#note('server', signal === null ? `exit code ${code}` : `ended by ${signal}`)
  }

  #note(by: ProcessEvent['by'], label: string): void {
    this.events.push({ at: performance.now(), by, label, detail: '' })
  }
}

/** Where something is installed says nothing about the program, and much about the machine. */
function withoutFolders(word: string): string {
  return word.replace(/(^|=|:)\/(?:[^/:=]+\/)+/g, '$1')
}
