import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CLAUSES } from '../../conformance/clauses/catalogue.ts'
import { UsageError } from '../../evidence/errors.ts'
import { METRICS } from '../../load/metrics/registry.ts'
import { PROFILES } from '../../load/profiles.ts'
import { parseRequirements } from '../../reports/requirements/parse.ts'
import type { Requirements } from '../../reports/requirements/requirements.ts'
import { packageRoot } from '../../targets/package-root.ts'

/** What requirements files may name in this release. */
const CATALOGUE: Parameters<typeof parseRequirements>[2] = {
  metrics: METRICS,
  clauses: CLAUSES,
  profiles: PROFILES,
  engines: ['autocannon', 'k6'],
}

const DEFAULT_FILE = join('requirements', 'default.yaml')

/** A requirements file, read and checked, and its text for the inputs of the record. */
export interface RequirementsInput {
  readonly requirements: Requirements
  readonly text: string
}

/**
 * Reads the file, or the one that comes with assay.
 * @throws UsageError when it cannot be read; RequirementsError when it is wrong.
 */
export async function readRequirements(file: string | null): Promise<RequirementsInput> {
  const path = file ?? join(packageRoot(), DEFAULT_FILE)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const complaint = {
      code: 'requirements/unreadable',
      input: `--requirements ${path}`,
      rule: `The file cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      cure: 'Name a requirements file; requirements/default.yaml is one to start from.',
    }
    throw new UsageError(complaint, { cause })
  }
  const requirements = parseRequirements(text, file ?? DEFAULT_FILE, CATALOGUE)
  return { requirements, text }
}
