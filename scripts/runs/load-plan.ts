import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { UsageError } from '../../evidence/errors.ts'
import type { LoadProfile, MeasurementNeed } from '../../evidence/load.ts'
import { findMetric, METRICS } from '../../load/metrics/registry.ts'
import { PROFILES } from '../../load/profiles.ts'
import { profileShape } from '../../reports/requirements/file-format.ts'
import type { Problems, RequirementsProblem } from '../../reports/requirements/problem.ts'
import { RequirementsError } from '../../reports/requirements/problem.ts'
import { resolveProfile } from '../../reports/requirements/resolve-profile.ts'
import { readYaml } from '../../reports/requirements/yaml-source.ts'

export type EngineName = MeasurementNeed['engine']

/** Of intervals that no requirement sets: what standards of measurement take where nothing is said. */
const CONFIDENCE = 0.95

/**
 * The profiles that `--profile` means: a built-in one, or all of a YAML file that maps names to
 * profiles as a requirements file does.
 * @throws UsageError for an unknown name or an unreadable file; RequirementsError for a wrong file.
 */
export async function chooseProfiles(named: string): Promise<readonly LoadProfile[]> {
  const builtIn = PROFILES.find(({ name }) => name === named)
  if (builtIn !== undefined) return [builtIn]
  let text: string
  try {
    text = await readFile(named, 'utf8')
  } catch (cause) {
    const complaint = {
      code: 'load/unknown-profile',
      input: `--profile ${named}`,
      rule: 'There is no built-in profile of this name and no file either.',
      cure: `Built-in profiles: ${PROFILES.map(({ name }) => name).join(', ')}.`,
    }
    throw new UsageError(complaint, { cause })
  }
  return readProfiles(text, named)
}

/** Everything that can be measured under the profiles. Nobody set a limit: it decides nothing. */
export function allNeeds(
  profiles: readonly LoadProfile[],
  engine: EngineName | null,
): readonly MeasurementNeed[] {
  return profiles.flatMap((profile) =>
    METRICS.filter(({ id }) => applies(id, profile)).flatMap((metric) =>
      metric.statistics.map((statistic) => ({
        metric: metric.id,
        statistic,
        profile,
        engine: engine ?? engineFor(profile),
        confidence: CONFIDENCE,
        limit: 0,
      })),
    ),
  )
}

/** A metric that compares profiles says null where it has nothing to compare with. */
function applies(metric: string, profile: LoadProfile): boolean {
  return findMetric(metric)?.reference?.(profile) !== null
}

/** autocannon keeps a number of connections busy, k6 keeps to a rate of arrivals. */
function engineFor({ model }: LoadProfile): EngineName {
  switch (model) {
    case 'closed':
      return 'autocannon'
    case 'open':
      return 'k6'
  }
}

function readProfiles(text: string, file: string): readonly LoadProfile[] {
  const source = readYaml(text, file)
  const found: RequirementsProblem[] = [...source.problems]
  const problems: Problems = {
    add: (path, complaint) => {
      found.push({ file, ...source.locate(path), ...complaint })
    },
  }
  const parsed = z.record(z.string(), profileShape).safeParse(source.data)
  for (const { path, message } of parsed.error?.issues ?? []) {
    const place = path.filter((step) => typeof step !== 'symbol')
    problems.add(place, {
      code: 'requirements/profile',
      input: place.join('.') || file,
      rule: `${message}.`,
      cure: 'docs/requirements-file.md explains profiles.',
    })
  }
  const profiles = Object.entries(parsed.data ?? {}).map(([name, written]) => {
    const builtIn = PROFILES.find((profile) => profile.name === name)
    return resolveProfile(name, written, builtIn, [name], problems)
  })
  if (found.length > 0) throw new RequirementsError(file, found)
  return profiles.filter((profile) => profile !== null)
}
