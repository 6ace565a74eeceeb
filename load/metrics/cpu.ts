import type { StartRecord } from '../start-record.ts'
import type { Metric } from './metric.ts'
import { perStart, type StartValue } from './per-start.ts'

/** From the CPU seconds that the tree used in the measured window. */
const fromCpu =
  (value: (seconds: number, start: StartRecord) => ReturnType<StartValue>): StartValue =>
  (start) => {
    const used = start.cpu.at(-1)?.[1]
    if (start.meterReason !== null || used === undefined) {
      return { reason: start.meterReason ?? 'The CPU time of the server could not be read.' }
    }
    return value(used, start)
  }

export const cpuTimePerRequest: Metric = perStart({
  id: 'cpu_time_per_request',
  title: 'CPU time for each request',
  dimension: 'time',
  better: 'lower',
  interference: 'none',
  method:
    'CPU seconds, user and system, of the whole process tree in the measured window, divided by the requests answered in it.',
  values: {
    mean: fromCpu((used, { requests }) =>
      requests.ok === 0 ? { reason: 'No request was answered.' } : used / requests.ok,
    ),
  },
  samples: (start) => start.requests.ok,
})

export const cpuShare: Metric = perStart({
  id: 'cpu_share',
  title: 'CPU use',
  dimension: 'ratio',
  better: 'lower',
  // A generator that is short of CPU asks less of the server.
  interference: 'reads low',
  method:
    'CPU seconds of the whole process tree for each second of the measured window: 1 is one core in full use.',
  values: { mean: fromCpu((used, start) => used / start.seconds) },
  samples: (start) => start.cpu.length,
})
