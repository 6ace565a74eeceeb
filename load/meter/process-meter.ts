import { parseContextSwitches, parsePressure, parsePss, parseRss, parseSteal } from './proc.ts'
import { CpuLedger, listProc, type Member, ProcessTree, readProc } from './process-tree.ts'

/** Cumulative counters at one moment; seconds, but for `at`: milliseconds since the epoch. */
export interface CounterSample {
  readonly at: number
  readonly cpu: number
  /** Ready to run, waiting for a CPU: summed over the threads of the tree. */
  readonly wait: number
  /** Of the machine; null where the kernel does not say. */
  readonly pressure: number | null
  readonly steal: number | null
}

export interface MemorySample {
  readonly at: number
  readonly bytes: number
  readonly descriptors: number
  /** Cumulative, of the threads that live. */
  readonly contextSwitches: number
}

export interface MeterReading {
  readonly counters: readonly CounterSample[]
  readonly memory: readonly MemorySample[]
  /** RSS counts shared pages once per process: only where the kernel will not tell PSS. */
  readonly memorySource: 'PSS' | 'RSS'
}

const COUNTER_INTERVAL_MS = 100
const MEMORY_INTERVAL_MS = 250
const SLOWEST_MEMORY_INTERVAL_MS = 10_000
/** Reading PSS holds the target's memory map: at most this share of the time. */
const MEMORY_READING_SHARE = 0.005

export const now = (): number => performance.timeOrigin + performance.now()

/** Why a process cannot be metered here; null when it can. */
export function whyNoMeter(pid: number | null): string | null {
  if (pid === null) return 'the server was started by its user: its process is not known'
  if (process.platform !== 'linux') return 'the meter reads /proc, which only Linux has'
  return readProc(`${pid}/stat`) === null ? `process ${pid} cannot be read in /proc` : null
}

/** Samples one process tree from `start` to `stop`. */
export class ProcessMeter {
  readonly #tree: ProcessTree
  readonly #cpu = new CpuLedger()
  readonly #withMemory: boolean
  readonly #counters: CounterSample[] = []
  readonly #memory: MemorySample[] = []
  #memorySource: 'PSS' | 'RSS' = 'PSS'
  #nextMemory = 0
  #timer: NodeJS.Timeout | null = null

  constructor(pid: number, options: { readonly memory: boolean }) {
    this.#tree = new ProcessTree(pid)
    this.#withMemory = options.memory
  }

  start(): void {
    this.#sample()
    this.#timer = setInterval(() => this.#sample(), COUNTER_INTERVAL_MS)
  }

  /** Reads once more, and stops; a second call gives the same reading. */
  stop(): MeterReading {
    if (this.#timer !== null) {
      clearInterval(this.#timer)
      this.#timer = null
      this.#nextMemory = 0
      this.#sample()
    }
    return { counters: this.#counters, memory: this.#memory, memorySource: this.#memorySource }
  }

  #sample(): void {
    const at = now()
    const due = at >= this.#nextMemory
    const members = due ? this.#tree.search() : this.#tree.members()
    const { run, wait } = this.#cpu.read(members)
    const pressure = parsePressure(readProc('pressure/cpu') ?? '')
    const steal = parseSteal(readProc('stat') ?? '')
    this.#counters.push({ at, cpu: run, wait, pressure, steal })
    if (!due) return
    const began = now()
    if (this.#withMemory && members.length > 0) this.#sampleMemory(members)
    const rest = (now() - began) / MEMORY_READING_SHARE
    this.#nextMemory = at + clamp(rest, MEMORY_INTERVAL_MS, SLOWEST_MEMORY_INTERVAL_MS)
  }

  #sampleMemory(members: readonly Member[]): void {
    const at = now()
    const bytes = this.#readMemory(members)
    if (bytes === 0) return
    let descriptors = 0
    let contextSwitches = 0
    for (const { pid } of members) {
      descriptors += listProc(`${pid}/fd`).length
      for (const tid of listProc(`${pid}/task`)) {
        contextSwitches += parseContextSwitches(readProc(`${pid}/task/${tid}/status`) ?? '')
      }
    }
    this.#memory.push({ at, bytes, descriptors, contextSwitches })
  }

  #readMemory(members: readonly Member[]): number {
    let total = 0
    for (const { pid } of members) {
      const status = readProc(`${pid}/status`)
      const resident = status === null ? null : parseRss(status)
      // Ended, or about to be waited for: it holds no memory.
      if (resident === null) continue
      const pss = parsePss(readProc(`${pid}/smaps_rollup`) ?? '')
      if (pss === null && readProc(`${pid}/status`) !== null) this.#memorySource = 'RSS'
      total += pss ?? resident
    }
    return total
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}
