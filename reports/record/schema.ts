import { z } from 'zod'
import type { DeviationsResult } from '../deviations/deviations.ts'
import {
  clause,
  finding,
  interval,
  measurement,
  property,
  run,
  stats,
  target,
  verdict,
} from './evidence-schema.ts'
import { type Problem, RECORD_SCHEMA, type ValidationRecord } from './record.ts'

const text = z.string()
const texts = z.array(text)
const version = text.nullable()
const share = z.number().min(0).max(1).nullable()
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

const environment = z.strictObject({
  os: text,
  kernel: text,
  cpu: z.strictObject({ model: text, count: z.int().min(1) }),
  memoryBytes: z.number(),
  node: text,
  python: version,
  k6: version,
  go: version,
  pressure: z.strictObject({ cpu: share, memory: share, io: share }).nullable(),
})

const basis = z.strictObject({
  file: text,
  sha256,
  document: z.strictObject({
    id: text,
    title: text,
    revision: text,
    status: z.enum(['draft', 'final']),
    owner: text,
  }),
  standards: texts,
  soup: z.strictObject({
    purl: text.nullable(),
    manufacturer: text,
    safetyClass: z.enum(['A', 'B', 'C']),
    rationale: text,
    sha256: sha256.nullable(),
  }),
  intendedUse: text,
  featuresUsed: texts,
  items: z.array(z.strictObject({ id: text, title: text, version: text })),
})

const judgement = {
  id: text,
  text,
  verdict,
  reason: text.nullable(),
  evidence: texts.describe('Raw files, relative to the bundle.'),
}

const count = z.int().min(0)
const disposition = z.strictObject({ clause: text, justification: text, risk: text.nullable() })

const conformanceCriterion = z.strictObject({
  kind: z.literal('conformance'),
  ...judgement,
  select: text,
  clauses: texts,
  counts: z.strictObject({
    PASS: count,
    FAIL: count,
    INCONCLUSIVE: count,
    NOT_RUN: count,
    MANUAL: count,
    NOT_APPLICABLE: count,
  }),
  failed: texts,
  accepted: z.array(disposition),
  unneeded: texts,
  findings: texts,
})

const measurementCriterion = z.strictObject({
  kind: z.literal('measurement'),
  ...judgement,
  metric: text,
  statistic: text,
  profile: text,
  engine: text,
  limit: z.strictObject({
    comparison: z.enum(['at most', 'at least']),
    value: z.number(),
    text,
  }),
  confidence: z.number(),
  measurement: text.nullable(),
  estimate: z.number().nullable(),
  interval: interval.nullable(),
  margin: z.number().nullable(),
})

const questionCriterion = z.strictObject({
  kind: z.enum(['manual', 'anomalies', 'vulnerabilities', 'maintenance']),
  ...judgement,
})

const requirement = z.strictObject({
  id: text,
  title: text,
  kind: z.enum(['functional', 'security', 'performance']),
  text,
  rationale: text.nullable(),
  risks: texts,
  fingerprint: sha256,
  verdict,
  criteria: z.array(
    z.discriminatedUnion('kind', [conformanceCriterion, measurementCriterion, questionCriterion]),
  ),
})

const deviations: z.ZodType<DeviationsResult> = z.strictObject({
  file: text,
  sha256,
  entries: z.array(
    z.strictObject({
      target: text,
      clause: text,
      finding: text.nullable(),
      property: text.nullable(),
      reason: text,
      link: text,
      expires: z.iso.date(),
      state: z.enum(['known', 'expired', 'unexpected pass', 'not shown']),
      findings: texts,
    }),
  ),
})

export const problem: z.ZodType<Problem> = z.strictObject({
  severity: z.enum(['error', 'warning']),
  code: text,
  input: text,
  rule: text,
  cure: text,
})

/** The shape of `record.json`; its JSON Schema is published in `schemas/`. */
export const recordSchema: z.ZodType<ValidationRecord> = z
  .strictObject({
    schema: z.literal(RECORD_SCHEMA),
    tool: z.strictObject({ name: text, version: text }),
    target,
    environment,
    seed: z.int(),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime(),
    complete: z.boolean(),
    verdict,
    basis: basis.nullable(),
    requirements: z.array(requirement),
    clauses: z.array(clause),
    properties: z.array(property),
    findings: z.array(finding),
    measurements: z.array(measurement),
    runs: z.array(run),
    stats,
    risks: z.array(z.strictObject({ id: text, title: text, requirements: texts, verdict })),
    allocated: z.array(
      z.strictObject({
        requirement: text,
        topic: text,
        to: text,
        rationale: text,
        reference: text,
      }),
    ),
    anomalies: z.strictObject({
      evaluated: z.literal(false),
      statement: text,
      items: z.array(z.never()),
    }),
    approvals: z.array(
      z.strictObject({
        role: text,
        meaning: text,
        name: text.nullable(),
        signedAt: text.nullable(),
      }),
    ),
    deviations: deviations.nullable(),
    problems: z.array(problem),
  })
  .meta({
    title: 'Validation record of an ASGI server',
    description: 'Written by `assay validate`. Values are in base units: s, B, 1/s, 1.',
  })
