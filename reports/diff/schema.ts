import { z } from 'zod'
import { interval, verdict } from '../record/evidence-schema.ts'
import { problem } from '../record/schema.ts'
import { DIFF_SCHEMA, type DiffDocument } from './document.ts'

const text = z.string()
const texts = z.array(text)
const count = z.int().min(0)

const findingLine = z.strictObject({
  side: text,
  id: text,
  property: text,
  clauses: texts,
  verdict: z.enum(['FAIL', 'INCONCLUSIVE']),
  expected: text,
  observed: text,
  replay: text,
  security: z.boolean(),
})

const clauseDifference = z.strictObject({
  id: text,
  level: z.enum(['must', 'should', 'may']),
  document: text,
  section: text,
  paraphrase: text,
  verdicts: z.array(verdict).describe('One for each of "sides", in their order.'),
  breaks: z.array(findingLine),
})

const comparison = z.strictObject({
  programs: count,
  alike: count,
  judged: count,
  differences: z.array(
    z.strictObject({
      id: text,
      properties: texts,
      habit: z.boolean(),
      aspect: text,
      subject: text,
      programs: count,
      answers: z.array(z.strictObject({ targets: texts, value: text })),
      program: text,
      shown: z.unknown(),
    }),
  ),
  unstable: count,
  notConfirmed: count,
})

const measurement = z.strictObject({
  id: text,
  engine: text,
  unit: text,
  estimates: z.tuple([z.number(), z.number()]),
  intervals: z.tuple([interval.nullable(), interval.nullable()]),
  ratio: z.number().nullable(),
  change: z.enum(['apart', 'overlap', 'unknown']),
})

/** The shape of `diff.json`; its JSON Schema is published in `schemas/`. */
export const diffSchema: z.ZodType<DiffDocument> = z
  .strictObject({
    schema: z.literal(DIFF_SCHEMA),
    kind: z.enum(['targets', 'records']),
    tool: z.strictObject({ name: text, version: text }),
    seed: z.int().nullable(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
    complete: z.boolean(),
    sides: z.array(
      z.strictObject({
        name: text,
        target: text,
        purl: text.nullable(),
        args: texts,
        seed: z.int(),
        programs: count,
        verdict,
        record: text,
      }),
    ),
    clauses: z.array(clauseDifference),
    brokenByAll: texts,
    silent: comparison.nullable(),
    findings: z
      .strictObject({ appeared: z.array(findingLine), gone: z.array(findingLine) })
      .nullable(),
    measurements: z.array(measurement),
    problems: z.array(problem),
  })
  .meta({
    title: 'What tells ASGI servers, or two records of one, apart',
    description: 'Written by `assay diff`. Values are in base units: s, B, 1/s, 1.',
  })
