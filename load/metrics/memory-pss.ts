import type { StartRecord } from '../start-record.ts'
import { mean } from '../statistics/starts.ts'
import type { Metric } from './metric.ts'
import { perStart, type StartValue } from './per-start.ts'

const overWindow =
  (fold: (bytes: readonly number[]) => number): StartValue =>
  (start: StartRecord) => {
    if (start.meterReason !== null) return { reason: start.meterReason }
    const bytes = start.memory.map(([, value]) => value)
    return bytes.length === 0
      ? { reason: 'The memory of the server could not be read.' }
      : fold(bytes)
  }

export const memoryPss: Metric = perStart({
  id: 'memory_pss',
  title: 'Memory',
  dimension: 'memory',
  better: 'lower',
  interference: 'none',
  method:
    'Proportional set size of the whole process tree, up to four times a second: pages that several processes share are divided among them.',
  values: {
    max: overWindow((bytes) => Math.max(...bytes)),
    mean: overWindow(mean),
  },
  samples: (start) => start.memory.length,
})
