import type { Metric } from './metric.ts'
import { perStart } from './per-start.ts'

export const openDescriptors: Metric = perStart({
  id: 'open_descriptors',
  title: 'Open file descriptors',
  dimension: 'count',
  better: 'lower',
  interference: 'none',
  method: 'Entries of /proc/PID/fd over the whole process tree, up to four times a second.',
  values: {
    max: (start) =>
      start.descriptors.length === 0
        ? { reason: start.meterReason ?? 'The descriptors of the server could not be read.' }
        : Math.max(...start.descriptors.map(([, count]) => count)),
  },
  samples: (start) => start.descriptors.length,
})
