import type { Metric } from './metric.ts'
import { perStart } from './per-start.ts'

export const throughput: Metric = perStart({
  id: 'throughput',
  title: 'Throughput',
  dimension: 'rate',
  better: 'higher',
  interference: 'reads low',
  method: 'Requests of the measured window that were answered with a 2xx, for each second of it.',
  values: { mean: (start) => start.achievedRate, min: (start) => start.achievedRate },
  samples: (start) => start.requests.ok,
})
