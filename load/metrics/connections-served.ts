import type { Metric } from './metric.ts'
import { perStart } from './per-start.ts'

export const connectionsServed: Metric = perStart({
  id: 'connections_served',
  title: 'Connections served at once',
  dimension: 'count',
  better: 'higher',
  interference: 'none',
  method:
    'Of the connections that were kept open and busy together, how many were answered at least once in the measured window.',
  values: {
    min: (start) =>
      start.connectionsServed ?? { reason: 'k6 does not tell connections apart: use autocannon.' },
  },
  samples: (start) => start.requests.ok,
})
