import type { ProgramCases, Recorded, Recorder } from './recorder.ts'

/** One way in which targets differ where nobody breaks a clause, before it was seen again. */
export interface Suspect {
  readonly properties: readonly string[]
  /** Programs of several properties show the same values. */
  readonly habit: boolean
  readonly subject: string
  readonly aspect: string
  readonly programs: number
  /** Keys of the programs that show it on the most targets, the smallest first. */
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
 * properties show with the same values is one suspect (a habit of the servers); otherwise those of one
 * property in one aspect are, as far as the same targets agree with each other.
 */
export function compare(recorders: readonly Recorder[], cases: ProgramCases): Survey {
  const differences: Difference[] = []
  const totals = { programs: 0, judged: 0 }
  for (const key of cases.keys()) {
    const runs = recorders.map(({ programs }) => programs.get(key))
    if (runs.filter((run) => run !== undefined).length < 2) continue
    totals.programs += 1
    // Whoever breaks a clause is shown there; between the others the specification may still be silent.
    const clean = runs.map((run) => (run?.clean === true ? run : undefined))
    if (clean.filter((run) => run !== undefined).length < 2) {
      totals.judged += 1
      continue
    }
    const property = cases.get(key)?.property.id ?? ''
    differences.push(...differencesOf(clean).map((one) => ({ ...one, key, property })))
  }
  const { habits, others } = splitHabits(differences)
  const different = new Set(others.map(({ key }) => key))
  const groups = [...groupBy(others, ({ property, aspect }) => `${property}\n${aspect}`).values()]
  return {
    ...totals,
    alike: totals.programs - totals.judged - different.size,
    suspects: [
      // Answers to programs before habits, which are seen again most easily and say least.
      ...groups
        .flatMap((group) => merge(group, agreeOnSides))
        .map((group) => suspect(group, false, cases)),
      ...habits.map((group) => suspect(group, true, cases)),
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
function splitHabits(differences: readonly Difference[]): Split {
  const habits: (readonly Difference[])[] = []
  const others: Difference[] = []
  for (const ofAspect of groupBy(differences, ({ aspect }) => aspect).values()) {
    for (const group of merge(ofAspect, agreeOnValues)) {
      if (new Set(group.map(({ property }) => property)).size > 1) habits.push(group)
      else others.push(...group)
    }
  }
  return { habits, others }
}

type Values = Difference['values']
type Agreement = (a: Values, b: Values) => boolean

/**
 * Groups what agrees as far as both were shown: not every target runs every program. The fullest come
 * first, so that what is known of few targets joins what is known of many.
 */
function merge(differences: readonly Difference[], agree: Agreement): readonly Difference[][] {
  const alike = [...groupBy(differences, ({ values }) => JSON.stringify(values)).values()]
  const groups: { readonly values: Values; readonly members: Difference[] }[] = []
  for (const members of alike.toSorted((a, b) => shownBy(b[0]) - shownBy(a[0]))) {
    const values = members[0]?.values ?? []
    const home = groups.find((group) => agree(group.values, values))
    if (home === undefined) groups.push({ values, members: [...members] })
    else home.members.push(...members)
  }
  return groups.map(({ members }) => members)
}

/** Targets that it compares. */
function shownBy(difference: Difference | undefined): number {
  return (difference?.values ?? []).filter((value) => value !== undefined).length
}

/** The same values, on targets of which two at least differ. */
function agreeOnValues(a: Values, b: Values): boolean {
  const both = common(a, b)
  return both.every(([x, y]) => x === y) && differ(both.map(([x]) => x))
}

/** The same targets agree with each other, whatever they say. */
function agreeOnSides(a: Values, b: Values): boolean {
  const both = common(a, b)
  return (
    differ(both.map(([x]) => x)) &&
    both.every(([x, y]) => both.every(([v, w]) => (x === v) === (y === w)))
  )
}

function common(a: Values, b: Values): readonly (readonly [Values[number], Values[number]])[] {
  return a.flatMap((x, index) => {
    const y = b[index]
    return x === undefined || y === undefined ? [] : [[x, y] as const]
  })
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

function suspect(differences: readonly Difference[], habit: boolean, cases: ProgramCases): Suspect {
  const size = ({ key }: Difference): number => cases.get(key)?.size ?? 0
  const sorted = differences.toSorted(
    (a, b) => shownBy(b) - shownBy(a) || size(a) - size(b) || (a.key < b.key ? -1 : 1),
  )
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
