import { readdirSync, readFileSync } from 'node:fs'
import { type ProcessStat, parseSchedstat, parseStat, type TaskTimes } from './proc.ts'

/** One process of the tree, for as long as it lives. */
export interface Member {
  readonly pid: number
  readonly startTicks: number
}

/** The text of a /proc file; null when the process has gone, or will not be read. */
export function readProc(file: string): string | null {
  try {
    return readFileSync(`/proc/${file}`, 'utf8')
  } catch {
    return null
  }
}

export function listProc(folder: string): readonly string[] {
  try {
    return readdirSync(`/proc/${folder}`)
  } catch {
    return []
  }
}

function readStat(pid: number): ProcessStat | null {
  const text = readProc(`${pid}/stat`)
  return text === null ? null : parseStat(text)
}

/**
 * A process and its descendants. Found by parentage and, where the root leads a process group, by
 * that group: a worker whose parent died is handed to init, yet stays in its group. Once found, a
 * process is kept for as long as it lives.
 */
export class ProcessTree {
  readonly #root: number
  readonly #members = new Map<number, Member>()
  #group: number | null = null

  constructor(root: number) {
    this.#root = root
  }

  /** The members that live now; `/proc` is searched whole, which takes milliseconds: call it rarely. */
  search(): readonly Member[] {
    const stats = new Map<number, ProcessStat>()
    for (const name of listProc('')) {
      const pid = Number(name)
      const stat = Number.isInteger(pid) ? readStat(pid) : null
      if (stat !== null) stats.set(pid, stat)
    }
    if (stats.get(this.#root)?.group === this.#root) this.#group = this.#root
    this.#forget(stats)
    for (const [pid, stat] of stats) {
      if (this.#belongs(pid, stats)) this.#members.set(pid, { pid, startTicks: stat.startTicks })
    }
    return this.members()
  }

  members(): readonly Member[] {
    return [...this.#members.values()]
  }

  #forget(stats: ReadonlyMap<number, ProcessStat>): void {
    for (const { pid, startTicks } of this.#members.values()) {
      if (stats.get(pid)?.startTicks !== startTicks) this.#members.delete(pid)
    }
  }

  #belongs(pid: number, stats: ReadonlyMap<number, ProcessStat>): boolean {
    let current = pid
    for (let depth = 0; depth < 64; depth += 1) {
      if (current === this.#root || this.#members.has(current)) return true
      const stat = stats.get(current)
      if (stat === undefined) return false
      if (this.#group !== null && stat.group === this.#group) return true
      current = stat.parent
    }
    return false
  }
}

/**
 * CPU seconds of a tree since its first reading. Two sources: `schedstat`, exact to the nanosecond
 * but blind to threads and children that came and went between readings; `stat`, which has those but
 * counts in steps of 10 ms. The first is used until the second proves that it missed something.
 */
export class CpuLedger {
  readonly #tasks = new Map<string, TaskTimes>()
  readonly #ticks = new Map<string, number>()
  #baseline: { readonly run: number; readonly wait: number; readonly ticks: number } | null = null
  #highest = 0

  read(members: readonly Member[]): TaskTimes {
    for (const member of members) this.#readMember(member)
    const run = sum([...this.#tasks.values()].map((task) => task.run))
    const wait = sum([...this.#tasks.values()].map((task) => task.wait))
    // A child that was waited for is counted in its parent, so only the living count here.
    const alive = members.map(({ pid, startTicks }) => this.#ticks.get(`${pid}/${startTicks}`) ?? 0)
    const ticks = sum(alive)
    this.#baseline ??= { run, wait, ticks }
    const slack = 0.02 * Math.max(1, members.length)
    const elapsed = Math.max(run - this.#baseline.run, ticks - this.#baseline.ticks - slack)
    this.#highest = Math.max(this.#highest, elapsed)
    return { run: this.#highest, wait: wait - this.#baseline.wait }
  }

  #readMember({ pid, startTicks }: Member): void {
    const stat = readStat(pid)
    if (stat === null || stat.startTicks !== startTicks) return
    this.#ticks.set(`${pid}/${startTicks}`, stat.cpuSeconds)
    for (const tid of listProc(`${pid}/task`)) {
      const text = readProc(`${pid}/task/${tid}/schedstat`)
      if (text !== null) this.#tasks.set(`${pid}/${startTicks}/${tid}`, parseSchedstat(text))
    }
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
