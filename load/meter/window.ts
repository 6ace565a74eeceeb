import type { SeriesPoint } from '../../evidence/load.ts'
import type { CounterSample, MemorySample, MeterReading } from './process-meter.ts'

/** Milliseconds since the epoch. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** What the meter saw in the measured window; times in seconds since it began. */
export interface WindowReading {
  readonly cpu: readonly SeriesPoint[]
  readonly memory: readonly SeriesPoint[]
  readonly descriptors: readonly SeriesPoint[]
  readonly contextSwitches: number | null
  /** Seconds of waiting for a CPU for each second of the window, summed over threads. */
  readonly waitShare: number
  /** Of the machine, over the window; null where the kernel does not say. */
  readonly pressureShare: number | null
  /** CPUs' worth of time given to other guests. */
  readonly stealShare: number | null
}

/** The part of a reading that lies in a window; null when the meter did not span it. */
export function cut(reading: MeterReading, { from, to }: Window): WindowReading | null {
  const [first, last] = [reading.counters[0], reading.counters.at(-1)]
  if (first === undefined || last === undefined || last.at <= from || to <= from) return null
  const seconds = (to - from) / 1000
  const value = (pick: (sample: CounterSample) => number | null) => (at: number) =>
    interpolate(reading.counters, at, pick)
  const share = (pick: (sample: CounterSample) => number | null): number | null => {
    const [start, end] = [value(pick)(from), value(pick)(to)]
    return start === null || end === null ? null : Math.max(0, end - start) / seconds
  }
  const memory = samplesWithin(reading.memory, { from, to })
  return {
    cpu: cpuSeries(reading.counters, { from, to }),
    memory: memory.map((sample) => [since(from, sample.at), sample.bytes]),
    descriptors: memory.map((sample) => [since(from, sample.at), sample.descriptors]),
    contextSwitches: switches(memory),
    waitShare: share((sample) => sample.wait) ?? 0,
    pressureShare: share((sample) => sample.pressure),
    stealShare: share((sample) => sample.steal),
  }
}

/** Those of the window; where it is shorter than the meter's step, the last one before its end. */
function samplesWithin(memory: readonly MemorySample[], { from, to }: Window): MemorySample[] {
  const inside = memory.filter(({ at }) => at >= from && at <= to)
  if (inside.length > 0) return inside
  const last = memory.findLast(({ at }) => at <= to)
  return last === undefined ? [] : [{ ...last, at: from }]
}

const cpuOf = (sample: CounterSample): number => sample.cpu

/** A step of time as fine as its reading deserves: milliseconds. */
function since(from: number, at: number): number {
  return Math.round(at - from) / 1000
}

/** Cumulative CPU seconds from the window's first moment, with a point at either end. */
function cpuSeries(counters: readonly CounterSample[], { from, to }: Window): SeriesPoint[] {
  const base = interpolate(counters, from, cpuOf) ?? 0
  const inside = counters.filter(({ at }) => at > from && at < to)
  // A long window keeps a hundred points or so: enough for a chart.
  const step = Math.max(1, Math.floor(inside.length / 100))
  const points = inside.filter((_, index) => index % step === 0)
  const end = interpolate(counters, to, cpuOf) ?? base
  return [
    [0, 0],
    ...points.map((sample): SeriesPoint => [since(from, sample.at), sample.cpu - base]),
    [since(from, to), end - base],
  ]
}

function interpolate(
  counters: readonly CounterSample[],
  at: number,
  pick: (sample: CounterSample) => number | null,
): number | null {
  const after = counters.find((sample) => sample.at >= at) ?? counters.at(-1)
  const before = counters.findLast((sample) => sample.at <= at) ?? counters[0]
  if (after === undefined || before === undefined) return null
  const [low, high] = [pick(before), pick(after)]
  if (low === null || high === null) return null
  if (after.at <= before.at) return low
  return low + ((high - low) * (at - before.at)) / (after.at - before.at)
}

function switches(memory: readonly MemorySample[]): number | null {
  const [first, last] = [memory[0], memory.at(-1)]
  if (first === undefined || last === undefined || first === last) return null
  return Math.max(0, last.contextSwitches - first.contextSwitches)
}
