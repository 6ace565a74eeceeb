import { z } from 'zod'
import { CAPABILITIES, type Capability } from '../../evidence/target.ts'
import { QUANTITY_PATTERN } from './quantity.ts'

/** The value of `schema:` in the files this release reads. */
export const REQUIREMENTS_SCHEMA = 'asgi-assay/requirements/1'

type Optional<T> = T | undefined

/** A requirements file as written: names not yet looked up, limits not yet read. */
export interface RequirementsFile {
  schema: typeof REQUIREMENTS_SCHEMA
  document: {
    id: string
    title: string
    revision: string
    status: 'draft' | 'final'
    owner: string
  }
  standard: string[]
  soup: {
    purl?: Optional<string>
    manufacturer: string
    safety_class: 'A' | 'B' | 'C'
    rationale: string
    sha256?: Optional<string>
  }
  intended_use: string
  features_used: string[]
  items: { id: string; title: string; version: string }[]
  risks: { id: string; title: string }[]
  profiles?: Optional<Record<string, FileProfile>>
  requirements: FileRequirement[]
  approvals: { role: string; meaning: string }[]
}

export interface FileProfile {
  model?: Optional<'open' | 'closed'>
  connections?: Optional<number>
  rate?: Optional<string>
  duration?: Optional<string>
  warmup?: Optional<string>
  starts?: Optional<number>
  workers?: Optional<number>
  request?: Optional<{
    method?: Optional<'GET' | 'POST'>
    path?: Optional<string>
    body?: Optional<string>
  }>
}

export interface FileRequirement {
  id: string
  title: string
  kind: 'functional' | 'security' | 'performance'
  text: string
  source_text?: Optional<string>
  rationale?: Optional<string>
  risks?: Optional<string[]>
  criteria: FileCriterion[]
  allocated_elsewhere?: Optional<
    { topic: string; to: string; rationale: string; reference: string }[]
  >
}

interface FileCriterionBase {
  id?: Optional<string>
  capability?: Optional<Capability>
  pending?: Optional<string>
}

export interface FileConformance extends FileCriterionBase {
  kind: 'conformance'
  select: string
  accepted?: Optional<{ clause: string; justification: string; risk?: Optional<string> }[]>
}

export interface FileMeasurement extends FileCriterionBase {
  kind: 'measurement'
  metric: string
  statistic: string
  profile: string
  engine?: Optional<string>
  at_most?: Optional<string | number>
  at_least?: Optional<string | number>
  confidence?: Optional<number>
}

interface FileQuestion extends FileCriterionBase {
  kind: 'manual' | 'anomalies' | 'vulnerabilities' | 'maintenance'
  question: string
}

export type FileCriterion = FileConformance | FileMeasurement | FileQuestion

const text = z.string().trim().min(1)
const identifier = z.string().regex(/^[A-Za-z][\w.-]*$/)
const quantity = z.string().min(1).meta({ pattern: QUANTITY_PATTERN })
const limit = z
  .union([z.string().meta({ pattern: QUANTITY_PATTERN }), z.number()])
  .describe('A number with the unit of the metric: "500 ms", "150 MiB", "0.1 %", 1.5. Inclusive.')
const positive = z.int().min(1)

const common = {
  id: identifier
    .optional()
    .describe('Unique in its requirement; its place (1, 2, ...) if left out.'),
  capability: z
    .enum(CAPABILITIES)
    .optional()
    .describe('Judged only where the target declares it; else NOT_APPLICABLE.'),
  pending: text.optional().describe('Why no release measures it yet: NOT_RUN, with these words.'),
}

const conformance = z.strictObject({
  ...common,
  kind: z.literal('conformance'),
  select: text.describe('Clauses by path and level: "http/** & level:must | lifespan/**".'),
  accepted: z
    .array(
      z.strictObject({
        clause: text.describe('A selected clause of level should or may.'),
        justification: z.string().trim().min(30).describe('Why the deviation is harmless here.'),
        risk: text.optional(),
      }),
    )
    .optional()
    .describe('Deviations that are accepted in writing. A MUST cannot be.'),
})

const measurement = z.strictObject({
  ...common,
  kind: z.literal('measurement'),
  metric: text,
  statistic: text.describe('p50, p99, mean, max ...: what the metric offers.'),
  profile: text.describe('A built-in load profile, or one of "profiles".'),
  engine: text.optional().describe('autocannon or k6; by the profile if left out.'),
  at_most: limit.optional(),
  at_least: limit.optional(),
  confidence: z.number().optional().describe('One-sided, 0.5 to 0.999; 0.95 if left out.'),
})

const question = <Kind extends FileQuestion['kind']>(kind: Kind) =>
  z.strictObject({ ...common, kind: z.literal(kind), question: text })

const criterion = z.discriminatedUnion('kind', [
  conformance,
  measurement,
  question('manual'),
  question('anomalies'),
  question('vulnerabilities'),
  question('maintenance'),
])

const requirement = z.strictObject({
  id: identifier,
  title: text,
  kind: z.enum(['functional', 'security', 'performance']),
  text,
  source_text: text.optional().describe('The wording this requirement was made from.'),
  rationale: text.optional().describe('Why these criteria and limits.'),
  risks: z.array(text).optional(),
  criteria: z.array(criterion).min(1),
  allocated_elsewhere: z
    .array(z.strictObject({ topic: text, to: text, rationale: text, reference: text }))
    .optional()
    .describe('Claims that another part of the device answers for: shown, never passed.'),
})

const profile = z.strictObject({
  model: z.enum(['open', 'closed']).optional(),
  connections: positive.optional().describe('Open model: the most requests in flight.'),
  rate: quantity.optional().describe('Arrivals, "200 /s"; open model only.'),
  duration: quantity.optional(),
  warmup: quantity.optional(),
  starts: positive.optional().describe('Independent server starts; a verdict needs five.'),
  workers: positive.optional(),
  request: z
    .strictObject({
      method: z.enum(['GET', 'POST']).optional(),
      path: z.string().regex(/^\//).optional(),
      body: quantity.optional().describe('Size, "2 KiB".'),
    })
    .optional(),
})

/** The shape of a requirements file; its JSON Schema is published in `schemas/`. */
export const requirementsFile: z.ZodType<RequirementsFile> = z
  .strictObject({
    schema: z.literal(REQUIREMENTS_SCHEMA),
    document: z.strictObject({
      id: text,
      title: text,
      revision: text,
      status: z.enum(['draft', 'final']),
      owner: text,
    }),
    standard: z.array(text).min(1),
    soup: z.strictObject({
      purl: z
        .string()
        .regex(/^pkg:/)
        .optional()
        .describe('What the file was written for; left out where it suits any target.'),
      manufacturer: text,
      safety_class: z.enum(['A', 'B', 'C']),
      rationale: text,
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .optional(),
    }),
    intended_use: text,
    features_used: z.array(text).min(1),
    items: z.array(z.strictObject({ id: text, title: text, version: text })).min(1),
    risks: z.array(z.strictObject({ id: identifier, title: text })).min(1),
    profiles: z
      .record(z.string(), profile)
      .optional()
      .describe('Changes to built-in load profiles, and new ones.'),
    requirements: z.array(requirement).min(1),
    approvals: z.array(z.strictObject({ role: text, meaning: text })).min(1),
  })
  .meta({
    title: 'Requirements on a SOUP that is an ASGI server',
    description: 'Read by `assay validate --requirements FILE`.',
  })

/** One requirement by itself, so that one wrong neighbour does not hide the mistakes in it. */
export const requirementShape: z.ZodType<FileRequirement> = requirement

/** One criterion by itself. */
export const criterionShape: z.ZodType<FileCriterion> = criterion

/** One load profile by itself. */
export const profileShape: z.ZodType<FileProfile> = profile
