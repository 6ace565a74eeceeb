import { z } from 'zod'
import { deviationsFile } from './deviations/file-format.ts'
import { diffSchema } from './diff/schema.ts'
import { recordSchema } from './record/schema.ts'
import { requirementsFile } from './requirements/file-format.ts'

/** The JSON Schemas (2020-12) that the package publishes under `schemas/`: file name and text. */
export const PUBLISHED_SCHEMAS: readonly { readonly fileName: string; render(): string }[] = [
  {
    fileName: 'requirements.schema.json',
    render: () => text(z.toJSONSchema(requirementsFile, { io: 'input' })),
  },
  { fileName: 'record.schema.json', render: () => text(z.toJSONSchema(recordSchema)) },
  {
    fileName: 'deviations.schema.json',
    render: () => text(z.toJSONSchema(deviationsFile, { io: 'input' })),
  },
  { fileName: 'diff.schema.json', render: () => text(z.toJSONSchema(diffSchema)) },
]

const text = (schema: unknown): string => `${JSON.stringify(schema, null, 2)}\n`
