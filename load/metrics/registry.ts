import type { MetricDefinition } from '../../evidence/load.ts'
import { connectionsServed } from './connections-served.ts'
import { cpuShare, cpuTimePerRequest } from './cpu.ts'
import { errorRatio } from './error-ratio.ts'
import { latency } from './latency.ts'
import { memoryPss } from './memory-pss.ts'
import type { Metric } from './metric.ts'
import { openDescriptors } from './open-descriptors.ts'
import { throughput } from './throughput.ts'
import { throughputRatio, throughputToYardstick } from './throughput-ratios.ts'

/** A new metric is a file in this folder and a line here. */
const REGISTRY: readonly Metric[] = [
  latency,
  throughput,
  errorRatio,
  connectionsServed,
  memoryPss,
  openDescriptors,
  cpuTimePerRequest,
  cpuShare,
  throughputRatio,
  throughputToYardstick,
]

/** What a requirements file may name. */
export const METRICS: readonly MetricDefinition[] = REGISTRY

export function findMetric(id: string): Metric | undefined {
  return REGISTRY.find((metric) => metric.id === id)
}
