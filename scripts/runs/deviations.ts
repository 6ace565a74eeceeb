import { readFile } from 'node:fs/promises'
import { CLAUSES } from '../../conformance/clauses/catalogue.ts'
import { originOfFinding } from '../../conformance/engine/findings.ts'
import { UsageError } from '../../evidence/errors.ts'
import type { Deviations } from '../../reports/deviations/deviations.ts'
import { parseDeviations } from '../../reports/deviations/parse.ts'
import { allServers } from '../../targets/registry.ts'

/** A deviations file, read and checked, and its text for the inputs of the record. */
export interface DeviationsInput {
  readonly deviations: Deviations
  readonly text: string
}

/**
 * Reads the file; null without one.
 * @throws UsageError when it cannot be read; DeviationsError when it is wrong.
 */
export async function readDeviations(file: string | null): Promise<DeviationsInput | null> {
  if (file === null) return null
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    const complaint = {
      code: 'deviations/unreadable',
      input: `--deviations ${file}`,
      rule: `The file cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      cure: 'docs/deviations.md has one to start from.',
    }
    throw new UsageError(complaint, { cause })
  }
  const targets = allServers().map(({ name, axes }) => ({
    name,
    flavours: axes.flatMap(({ flavours }) => flavours.map((flavour) => flavour.name)),
  }))
  const clauses = CLAUSES.map(({ id }) => id)
  const catalogue = { targets, clauses, finding: originOfFinding }
  return { deviations: parseDeviations(text, file, catalogue), text }
}
