import { z } from 'zod'
import type {
  ClauseResult,
  ConformanceStats,
  Finding,
  PropertyResult,
} from '../../evidence/conformance.ts'
import type { Interval, LoadRun } from '../../evidence/load.ts'
import { CAPABILITIES, type TargetIdentity } from '../../evidence/target.ts'
import { VERDICTS, type Verdict } from '../../evidence/verdict.ts'
import type { RecordedMeasurement } from './record.ts'

const count = z.int().min(0)
const level = z.enum(['must', 'should', 'may'])
const party = z.enum(['client', 'server', 'app', 'suite'])
const subject = z.enum(['target', 'yardstick'])
const point = z.tuple([z.number(), z.number()]).readonly()
const file = z.string().nullable().describe('Relative to the bundle.')
const blockers = z.array(z.strictObject({ code: z.string(), message: z.string() }))

/** The six outcomes of a judgement. */
export const verdict: z.ZodType<Verdict> = z.enum(VERDICTS)

/** Which server was under test. */
export const target: z.ZodType<TargetIdentity> = z.strictObject({
  spec: z.string(),
  name: z.string(),
  version: z.string(),
  purl: z.string().nullable(),
  flavours: z.array(z.string()),
  args: z.array(z.string()),
  capabilities: z.array(z.enum(CAPABILITIES)),
  dependencies: z.array(z.strictObject({ name: z.string(), version: z.string() })),
  runtime: z.string(),
  attached: z.boolean(),
})

/** One row of the clause matrix. */
export const clause: z.ZodType<ClauseResult> = z.strictObject({
  id: z.string(),
  level,
  document: z.string(),
  section: z.string(),
  specVersion: z.string().nullable(),
  paraphrase: z.string(),
  byDefinition: z.boolean(),
  reading: z.string().nullable(),
  untestable: z.string().nullable(),
  verdict,
  programs: count,
  violations: count,
  properties: z.array(z.string()),
  reason: z.string().nullable(),
})

/** One law, over all its programs. */
export const property: z.ZodType<PropertyResult> = z.strictObject({
  id: z.string(),
  law: z.string(),
  clauses: z.array(z.string()),
  verdict,
  programs: count,
  durationMs: z.number(),
  reason: z.string().nullable(),
  sample: file,
})

/** One way in which the target breaks one clause. */
export const finding: z.ZodType<Finding> = z.strictObject({
  id: z.string(),
  property: z.string(),
  clauses: z.array(z.string()),
  level,
  verdict: z.enum(['FAIL', 'INCONCLUSIVE']),
  summary: z.string(),
  expected: z.string(),
  observed: z.string(),
  rate: z.strictObject({ failed: count, runs: count }),
  reproducibility: z.enum(['deterministic', 'intermittent', 'not reproduced']),
  replay: z.string(),
  program: z.string(),
  transcript: z.array(
    z.strictObject({
      at: z.number().describe('Microseconds since the program started.'),
      from: party,
      to: party,
      subject: z.string(),
      label: z.string(),
      detail: z.string(),
    }),
  ),
  security: z.boolean(),
})

/** What the conformance run cost. */
export const stats: z.ZodType<ConformanceStats> = z.strictObject({
  programs: count,
  programsPerSecond: z.number(),
  durationMs: z.number(),
})

/** Holds the true value with the stated confidence; a null bound is unbounded. */
export const interval: z.ZodType<Interval> = z.strictObject({
  low: z.number().nullable(),
  high: z.number().nullable(),
  confidence: z.number(),
  method: z.string(),
})

/** One metric of one subject under one profile, in base units. */
export const measurement: z.ZodType<RecordedMeasurement> = z.strictObject({
  id: z.string(),
  metric: z.string(),
  statistic: z.string(),
  dimension: z.enum(['time', 'memory', 'rate', 'ratio', 'count']),
  unit: z.string(),
  profile: z.string(),
  engine: z.string(),
  subject,
  estimate: z.number().nullable(),
  interval: interval.nullable(),
  samples: count,
  perStart: z.array(z.number()),
  blockers,
  reason: z.string().nullable(),
  raw: file,
})

/** All starts of one subject under one profile. */
export const run: z.ZodType<LoadRun> = z.strictObject({
  profile: z.string(),
  engine: z.string(),
  engineVersion: z.string(),
  model: z.enum(['open', 'closed']),
  subject,
  conditions: z.record(z.string(), z.union([z.string(), z.number()])),
  starts: z.array(
    z.strictObject({
      index: count,
      startedAt: z.string(),
      seconds: z.number(),
      requests: z.strictObject({ ok: count, failed: count, dropped: count }),
      latencyHistogram: z.string().describe('HdrHistogram V2, compressed, base64, microseconds.'),
      offeredRate: z.number().nullable(),
      achievedRate: z.number(),
      memory: z.array(point),
      cpu: z.array(point),
      generator: z.strictObject({ cpuShare: z.number(), lagP99: z.number().nullable() }),
      blockers,
    }),
  ),
  percentiles: z.array(point),
  reason: z.string().nullable(),
  raw: file,
})
