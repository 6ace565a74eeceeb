import { dirname } from 'node:path'
import { UsageError } from '../evidence/errors.ts'
import { findConfigFile, readConfigDocument } from '../reference-server/config/document.ts'
import { addServers, SERVERS } from '../targets/registry.ts'
import { mistakesIn, serverOf, userTargets } from '../targets/user-target.ts'

/**
 * Adds the targets of the folder's `assay.config.*` to those that can be named. Null where there is no
 * such file: then nothing is waited for.
 * @throws UsageError `config/targets` with everything that is wrong with them.
 */
export function loadUserTargets(folder: string): Promise<void> | null {
  const path = findConfigFile(folder)
  return path === null ? null : load(path)
}

async function load(path: string): Promise<void> {
  const document = await readConfigDocument(path)
  const section: unknown = 'targets' in document ? document.targets : []
  const parsed = userTargets.safeParse(section)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path: place, message }) => `targets.${place.join('.')}: ${message}`,
    )
    throw wrong(path, problems)
  }
  const problems: string[] = []
  const known = SERVERS.map(({ name }) => name)
  for (const [index, target] of parsed.data.entries()) {
    const mistakes = mistakesIn(target, known)
    problems.push(...mistakes.map((mistake) => `targets.${index} (${target.name}): ${mistake}`))
    known.push(target.name)
  }
  if (problems.length > 0) throw wrong(path, problems)
  addServers(parsed.data.map((target) => serverOf(target, dirname(path))))
}

function wrong(path: string, problems: readonly string[]): UsageError {
  return new UsageError({
    code: 'config/targets',
    input: path,
    rule: `Its targets cannot be used:\n${problems.map((problem) => `  ${problem}\n`).join('')}`,
    cure: 'docs/targets.md describes an entry.',
  })
}
