import { UsageError } from '../../evidence/errors.ts'
import { nearest } from '../../targets/nearest.ts'
import { compareVersions } from '../../targets/version.ts'

/** Which releases are searched; null where the user left an end open. */
export interface Range {
  readonly from: string | null
  readonly to: string | null
  /** What the user takes to be so; it is judged like every other release. */
  readonly good: string | null
  readonly bad: string | null
}

/**
 * The releases of the range, oldest first. With a good and a bad one it lies between them; with one of the
 * two it goes on to the newest.
 * @throws UsageError for ends that exclude each other, or that are no releases.
 */
export function choose(versions: readonly string[], range: Range): readonly string[] {
  const { from, to } = endsOf(range)
  for (const end of [from, to]) if (end !== null) requireRelease(end, versions)
  const chosen = versions.filter(
    (version) =>
      (from === null || compareVersions(version, from) >= 0) &&
      (to === null || compareVersions(version, to) <= 0),
  )
  if (chosen.length > 1) return chosen
  throw new UsageError({
    code: 'bisect/empty-range',
    input: `from ${from ?? 'the first'} to ${to ?? 'the newest'}`,
    rule: `The range holds ${chosen.length} of ${versions.length} releases, and a change lies between two.`,
    cure: 'Widen the range.',
  })
}

function endsOf({ from, to, good, bad }: Range): Pick<Range, 'from' | 'to'> {
  if (good === null && bad === null) return { from, to }
  if (from !== null || to !== null) {
    throw new UsageError({
      code: 'bisect/two-ranges',
      input: '--good or --bad, and --from or --to',
      rule: 'Both give the ends of the range.',
      cure: 'Keep one pair of them.',
    })
  }
  const [first = null, last = null] = [good, bad]
    .filter((version) => version !== null)
    .toSorted(compareVersions)
  return { from: first, to: last }
}

function requireRelease(version: string, versions: readonly string[]): void {
  if (versions.includes(version)) return
  const guess = nearest(version, versions)
  throw new UsageError({
    code: 'bisect/unknown-release',
    input: version,
    rule: `is no final release that suits this Python.${guess === null ? '' : ` Did you mean ${guess}?`}`,
    cure: `The releases go from ${versions[0] ?? 'none'} to ${versions.at(-1) ?? 'none'}.`,
  })
}
