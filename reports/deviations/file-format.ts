import { z } from 'zod'

/** The value of `schema:` in the files this release reads. */
export const DEVIATIONS_SCHEMA = 'asgi-assay/deviations/1'

type Optional<T> = T | undefined

/** A deviations file as written: names not yet looked up. */
export interface DeviationsFile {
  schema: typeof DEVIATIONS_SCHEMA
  deviations: FileDeviation[]
}

export interface FileDeviation {
  target: string
  clause?: Optional<string>
  finding?: Optional<string>
  reason: string
  link: string
  expires: string
}

const deviation = z.strictObject({
  target: z.string().min(1).describe('name[@version][+flavour...]; the version may hold *.'),
  clause: z.string().optional().describe('Every finding in this clause is meant.'),
  finding: z
    .string()
    .regex(/^F-[0-9a-f]{8}$/)
    .optional()
    .describe('The one finding that is meant, in place of a clause: F-1a2b3c4d.'),
  reason: z.string().trim().min(20).describe('Why it is borne for now.'),
  link: z.url().describe('Where it is being dealt with: an issue, a ticket.'),
  expires: z.iso.date().describe('The last day on which it counts, UTC.'),
})

/** The shape of a deviations file; its JSON Schema is published in `schemas/`. */
export const deviationsFile: z.ZodType<DeviationsFile> = z
  .strictObject({
    schema: z.literal(DEVIATIONS_SCHEMA),
    deviations: z.array(deviation).min(1),
  })
  .meta({
    title: 'Known deviations of ASGI servers',
    description: 'Read by `assay conformance --deviations FILE` and `assay validate`.',
  })
