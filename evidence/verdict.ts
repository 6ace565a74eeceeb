/**
 * The six outcomes of a judgement (ISO/IEC 9646 verdicts, extended for records that people sign).
 * None may be folded into another: what could not be shown is not what was shown.
 */
export const VERDICTS = [
  'PASS',
  'FAIL',
  'INCONCLUSIVE',
  'NOT_RUN',
  'MANUAL',
  'NOT_APPLICABLE',
] as const

export type Verdict = (typeof VERDICTS)[number]

/** From the verdict that decides first to the one that decides last. */
const SEVERITY: readonly Verdict[] = [
  'FAIL',
  'INCONCLUSIVE',
  'NOT_RUN',
  'MANUAL',
  'PASS',
  'NOT_APPLICABLE',
]

/**
 * The verdict of a whole from those of its parts: the gravest one. A whole in which nothing applies
 * is NOT_APPLICABLE; a whole without parts has shown nothing and is NOT_RUN.
 */
export function worst(parts: Iterable<Verdict>): Verdict {
  const present = new Set(parts)
  return SEVERITY.find((verdict) => present.has(verdict)) ?? 'NOT_RUN'
}

export type VerdictCounts = Readonly<Record<Verdict, number>>

export function countVerdicts(parts: Iterable<Verdict>): VerdictCounts {
  const counts: Record<Verdict, number> = {
    PASS: 0,
    FAIL: 0,
    INCONCLUSIVE: 0,
    NOT_RUN: 0,
    MANUAL: 0,
    NOT_APPLICABLE: 0,
  }
  for (const verdict of parts) counts[verdict] += 1
  return counts
}

/** Exit codes of the `assay` command: a contract with scripts and CI configurations. */
export const EXIT = {
  pass: 0,
  fail: 1,
  usage: 2,
  unproven: 3,
  integrity: 4,
  infrastructure: 5,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** The exit code that announces a verdict; MANUAL is unproven until somebody attests it. */
export function exitCodeOf(verdict: Verdict): ExitCode {
  switch (verdict) {
    case 'PASS':
    case 'NOT_APPLICABLE':
      return EXIT.pass
    case 'FAIL':
      return EXIT.fail
    case 'INCONCLUSIVE':
    case 'NOT_RUN':
    case 'MANUAL':
      return EXIT.unproven
  }
}
