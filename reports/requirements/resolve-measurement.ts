import type { LoadProfile, MetricDefinition } from '../../evidence/load.ts'
import type { Catalogue } from './catalogue.ts'
import type { FileMeasurement } from './file-format.ts'
import { suggestion } from './nearest.ts'
import type { Path, Problems } from './problem.ts'
import { readQuantity } from './quantity.ts'
import type { Limit, MeasurementCriterion } from './requirements.ts'

type Resolved = Omit<MeasurementCriterion, 'id' | 'capability' | 'pending'>
type Engine = MeasurementCriterion['engine']

/** Looks up metric, statistic, profile and engine, and reads the limit. Null when any of them is wrong. */
export function resolveMeasurement(
  written: FileMeasurement,
  catalogue: Catalogue,
  path: Path,
  problems: Problems,
): Resolved | null {
  const metric = find(catalogue.metrics, 'id', written.metric, [...path, 'metric'], problems)
  const profile = find(catalogue.profiles, 'name', written.profile, [...path, 'profile'], problems)
  const engine =
    profile === null ? null : resolveEngine(written, profile, catalogue, path, problems)
  const confidence = written.confidence ?? 0.95
  if (confidence < 0.5 || confidence > 0.999) {
    problems.add([...path, 'confidence'], {
      code: 'requirements/confidence-range',
      input: String(confidence),
      rule: 'is outside 0.5 to 0.999: less is a guess, more needs samples that no run has.',
      cure: 'Write 0.95 unless a standard asks for another value.',
    })
  }
  if (metric === null) return null
  checkStatistic(written.statistic, metric, path, problems)
  const limit = resolveLimit(written, metric, path, problems)
  if (profile === null || engine === null || limit === null) return null
  const { statistic } = written
  return {
    kind: 'measurement',
    metric: metric.id,
    statistic,
    profile,
    engine,
    limit,
    confidence,
  }
}

function find<Key extends string, Entry extends Readonly<Record<Key, string>>>(
  entries: readonly Entry[],
  key: Key,
  name: string,
  path: Path,
  problems: Problems,
): Entry | null {
  const entry = entries.find((candidate) => candidate[key] === name)
  if (entry !== undefined) return entry
  const what = key === 'id' ? 'metric' : 'profile'
  problems.add(path, {
    code: `requirements/unknown-${what}`,
    input: `"${name}"`,
    rule: `is no ${what} known here.`,
    cure: suggestion(
      name,
      entries.map((candidate) => candidate[key]),
    ),
  })
  return null
}

function checkStatistic(
  statistic: string,
  metric: MetricDefinition,
  path: Path,
  problems: Problems,
): void {
  if (metric.statistics.includes(statistic)) return
  problems.add([...path, 'statistic'], {
    code: 'requirements/unknown-statistic',
    input: `"${statistic}"`,
    rule: `is no statistic of ${metric.id}.`,
    cure: suggestion(statistic, metric.statistics),
  })
}

function resolveLimit(
  written: FileMeasurement,
  metric: MetricDefinition,
  path: Path,
  problems: Problems,
): Limit | null {
  const { at_most: most, at_least: least } = written
  const given = most ?? least
  if (given === undefined || (most !== undefined && least !== undefined)) {
    problems.add(path, {
      code: 'requirements/no-limit',
      input: metric.id,
      rule: given === undefined ? 'has no limit.' : 'has two limits.',
      cure: 'Give one of at_most and at_least, with a unit: "at_most: 500 ms".',
    })
    return null
  }
  const key = most === undefined ? 'at_least' : 'at_most'
  const quantity = readQuantity(given, metric.dimension)
  if (!quantity.ok) {
    const { code, rule, cure } = quantity
    problems.add([...path, key], {
      code: `requirements/${code}`,
      input: `${metric.id} ${key} "${given}"`,
      rule,
      cure,
    })
    return null
  }
  const comparison = most === undefined ? 'at least' : 'at most'
  return { comparison, value: quantity.value, text: quantity.text }
}

/** autocannon offers connections (closed model), k6 also a rate of arrivals (open model). */
function resolveEngine(
  written: FileMeasurement,
  profile: LoadProfile,
  catalogue: Catalogue,
  path: Path,
  problems: Problems,
): Engine | null {
  const name = written.engine ?? (profile.model === 'open' ? 'k6' : 'autocannon')
  if (!isEngine(name) || !catalogue.engines.includes(name)) {
    problems.add([...path, 'engine'], {
      code: 'requirements/unknown-engine',
      input: `"${name}"`,
      rule: 'is no load engine known here.',
      cure: suggestion(name, catalogue.engines),
    })
    return null
  }
  if (name === 'autocannon' && profile.model === 'open') {
    problems.add([...path, 'engine'], {
      code: 'requirements/engine-model',
      input: `"${name}"`,
      rule: `cannot offer the arrivals of the open profile "${profile.name}".`,
      cure: 'Use k6, or a closed profile.',
    })
    return null
  }
  return name
}

const isEngine = (name: string): name is Engine => name === 'autocannon' || name === 'k6'
