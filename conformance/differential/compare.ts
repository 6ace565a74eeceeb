import type { ProgramCases, Recorded, Recorder } from './recorder.ts'

/** One way in which targets differ where nobody breaks a clause, before it was seen again. */
export interface Suspect {
  readonly properties: readonly string[]
  /** Programs of several properties show the same values. */
  readonly habit: boolean
  readonly subject: string
  readonly aspect: string
  readonly programs: number
  /** Keys of the smallest programs that show it, smallest first. */
  readonly smallest: readonly string[]
}

export interface Survey {
  readonly programs: number
  readonly alike: number
  readonly judged: number
  readonly suspects: readonly Suspect[]
}

/** Programs of one suspect that are tried, smallest first. */
const CANDIDATES = 3

interface Difference {
  readonly key: string
  readonly property: string
  readonly subject: string
  readonly aspect: string
  /** Value of each target, in the order of the recorders; undefined: it has none. */
  readonly values: readonly (string | null | undefined)[]
}

/**
 * Compares what the targets have shown in the same programs. A difference that programs of several
 * properties show with the same values is one suspect (a habit of the server); otherwise those of one
 * property in one aspect are, as far as the same targets agree with each other.
 */
export function compare(recorders: readonly Recorder[], cases: ProgramCases): Survey {
  const differences: Difference[] = []
  const totals = { programs: 0, judged: 0 }
  for (const key of cases.keys()) {
    const runs = recorders.map(({ programs }) => programs.get(key))
    if (runs.filter((run) => run !== undefined).length < 2) continue
    totals.programs += 1
    if (runs.some((run) => run?.clean === false)) {
      totals.judged += 1
      continue
    }
    const property = cases.get(key)?.property.id ?? ''
    differences.push(...differencesOf(runs).map((one) => ({ ...one, key, property })))
  }
  const { habits, others } = partitionHabits(differences)
  const different = new Set(others.map(({ key }) => key))
  const groups = groupBy(others, ({ property, aspect, values }) =>
    JSON.stringify([property, aspect, partition(values)]),
  )
  return {
    ...totals,
    alike: totals.programs - totals.judged - different.size,
    suspects: [
      ...habits.map((group) => suspect(group, true, cases)),
      ...[...groups.values()].map((group) => suspect(group, false, cases)),
    ],
  }
}

function differencesOf(
  runs: readonly (Recorded | undefined)[],
): Pick<Difference, 'subject' | 'aspect' | 'values'>[] {
  const names = new Set(runs.flatMap((run) => (run === undefined ? [] : [...run.aspects.keys()])))
  return [...names].flatMap((name) => {
    const values = runs.map((run) => run?.aspects.get(name))
    if (!differ(values)) return []
    const [subject = '', aspect = ''] = name.split('\n')
    return [{ subject, aspect, values }]
  })
}

/** Two targets show different values; one that shows none is not compared, one that wavers spoils it. */
export function differ(values: readonly (string | null | undefined)[]): boolean {
  return !values.includes(null) && new Set(values.filter((value) => value !== undefined)).size > 1
}

interface Split {
  readonly habits: readonly (readonly Difference[])[]
  readonly others: readonly Difference[]
}

/** What several laws meet alike is no answer to any of their programs. */
function partitionHabits(differences: readonly Difference[]): Split {
  const habits: (readonly Difference[])[] = []
  const others: Difference[] = []
  const same = groupBy(differences, ({ aspect, values }) => JSON.stringify([aspect, values]))
  for (const group of same.values()) {
    if (new Set(group.map(({ property }) => property)).size > 1) habits.push(group)
    else others.push(...group)
  }
  return { habits, others }
}

function groupBy(
  differences: readonly Difference[],
  keyOf: (difference: Difference) => string,
): ReadonlyMap<string, readonly Difference[]> {
  const groups = new Map<string, Difference[]>()
  for (const difference of differences) {
    const key = keyOf(difference)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [difference])
    else group.push(difference)
  }
  return groups
}

/** Who agrees with whom: `[0, 1, 0]` where the first and the third do. */
function partition(values: readonly (string | null | undefined)[]): readonly (number | null)[] {
  const seen = [...new Set(values)]
  return values.map((value) => (value === undefined ? null : seen.indexOf(value)))
}

function suspect(differences: readonly Difference[], habit: boolean, cases: ProgramCases): Suspect {
  const size = ({ key }: Difference): number => cases.get(key)?.size ?? 0
  const sorted = differences.toSorted((a, b) => size(a) - size(b) || (a.key < b.key ? -1 : 1))
  const [first] = sorted
  const keys = [...new Set(sorted.map(({ key }) => key))]
  return {
    properties: [...new Set(differences.map(({ property }) => property))],
    habit,
    subject: first?.subject ?? '',
    aspect: first?.aspect ?? '',
    programs: keys.length,
    smallest: keys.slice(0, CANDIDATES),
  }
}
