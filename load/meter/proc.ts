/** Parsers of what Linux tells of a process (proc(5)); each takes the text of one file. */

/** USER_HZ: what /proc counts CPU time in, whatever the kernel's own tick. */
const TICKS_PER_SECOND = 100

export interface ProcessStat {
  readonly parent: number
  readonly group: number
  /** With the pid it names a process for good: pids are used again. */
  readonly startTicks: number
  /** Seconds of CPU, threads that ended and children that were waited for included. */
  readonly cpuSeconds: number
}

/** `/proc/PID/stat`; the command in brackets may itself hold blanks and brackets. */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // fields[0] is field 3 of proc(5).
  const field = (number: number): number => Number(fields[number - 3])
  return {
    parent: field(4),
    group: field(5),
    startTicks: field(22),
    cpuSeconds: (field(14) + field(15) + field(16) + field(17)) / TICKS_PER_SECOND,
  }
}

export interface TaskTimes {
  /** Seconds on a CPU. */
  readonly run: number
  /** Seconds ready to run, waiting for a CPU. */
  readonly wait: number
}

/** `/proc/PID/task/TID/schedstat`: nanoseconds, where `stat` has steps of 10 ms. */
export function parseSchedstat(text: string): TaskTimes {
  const [run = '0', wait = '0'] = text.split(' ')
  return { run: Number(run) / 1e9, wait: Number(wait) / 1e9 }
}

/** Bytes in the line `Pss:` of `smaps_rollup`; null when there is no such line. */
export function parsePss(text: string): number | null {
  const match = /^Pss:\s+(\d+) kB$/m.exec(text)
  return match === null ? null : Number(match[1]) * 1024
}

/** Bytes of the resident set in `/proc/PID/status`; null for a process that is only an exit code. */
export function parseRss(text: string): number | null {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(text)
  return match === null ? null : Number(match[1]) * 1024
}

/** Voluntary and involuntary context switches in a task's `status`. */
export function parseContextSwitches(text: string): number {
  let total = 0
  for (const match of text.matchAll(/^(?:non)?voluntary_ctxt_switches:\s+(\d+)$/gm)) {
    total += Number(match[1])
  }
  return total
}

/** Seconds in which some task waited for a CPU: `/proc/pressure/cpu`; null where the kernel says nothing. */
export function parsePressure(text: string): number | null {
  const match = /^some .*total=(\d+)$/m.exec(text)
  return match === null ? null : Number(match[1]) / 1e6
}

/** Seconds of CPU that the hypervisor gave to others: `/proc/stat`, eighth number of the first line. */
export function parseSteal(text: string): number | null {
  const steal = /^cpu\s+(?:\d+ ){7}(\d+)/.exec(text)?.[1]
  return steal === undefined ? null : Number(steal) / TICKS_PER_SECOND
}
