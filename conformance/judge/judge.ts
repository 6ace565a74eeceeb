/** One broken clause in one program. */
export interface Violation {
  readonly clause: string
  readonly expected: string
  readonly observed: string
  /** As it showed here it lets an attacker in, whatever its clause is about. */
  readonly exposes?: true
}

/** Could not be decided in this program: the clock, or the machine, does not allow a verdict. */
export interface Doubt {
  readonly clause: string
  readonly reason: string
}

/**
 * Collects what one program has shown. Every check names its clause, so the matrix knows how often each
 * was really judged; a broken clause does not hide the ones after it.
 */
export class Judge {
  readonly exercised: Set<string> = new Set()
  readonly violations: Violation[] = []
  readonly doubts: Doubt[] = []
  readonly inapplicable: Doubt[] = []

  /** `observed` is built only when the check fails. `exposes`: then it lets an attacker in. */
  check(
    clause: string,
    holds: boolean,
    expected: string,
    observed: () => string,
    exposes: boolean = false,
  ): boolean {
    this.exercised.add(clause)
    if (holds) return true
    const violation = { clause, expected, observed: observed() }
    this.violations.push(exposes ? { ...violation, exposes } : violation)
    return false
  }

  /** The condition under which the clause holds was not met, and could not be brought about. */
  notApplicable(clause: string, reason: string): void {
    this.inapplicable.push({ clause, reason })
  }

  doubt(clause: string, reason: string): void {
    this.doubts.push({ clause, reason })
  }
}
