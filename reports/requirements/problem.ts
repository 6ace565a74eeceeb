import type { Complaint } from '../../evidence/errors.ts'
import { UsageError } from '../../evidence/errors.ts'

/** Keys and indices from the root of the file to the place meant. */
export type Path = readonly (string | number)[]

/** One thing wrong with a requirements file. */
export interface RequirementsProblem extends Complaint {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
}

/** `requirements.yaml:12:7: "throughputt" is not a metric. Did you mean "throughput"?` */
export function formatProblem(problem: RequirementsProblem): string {
  const { file, line, column, input, rule, cure } = problem
  return `${file}:${line}:${column}: ${input}: ${rule} ${cure}`
}

/** A requirements file was refused: all that is wrong with it, in the order of its lines (exit code 2). */
export class RequirementsError extends UsageError {
  readonly problems: readonly RequirementsProblem[]

  constructor(file: string, problems: readonly RequirementsProblem[]) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`
    super({
      code: 'requirements/refused',
      input: file,
      rule: `has ${count}:\n${problems.map((problem) => `  ${formatProblem(problem)}`).join('\n')}\n`,
      cure: 'docs/requirements-file.md explains every key.',
    })
    this.problems = problems
  }
}

/** Where a check leaves what it found. */
export interface Problems {
  add(path: Path, complaint: Complaint): void
}
