import { join } from 'node:path'
import type { ChalkInstance } from 'chalk'
import type { Bisection } from '../bisection/bisection.ts'
import { paintVerdict } from './style.ts'
import { shortPath } from './summary.ts'
import { formatTable } from './table.ts'

/** Every step in the order in which it was taken, then the answer and the program that shows it. */
export function describeBisection(
  { target, clause, range, seed, steps, answer }: Bisection,
  folder: string,
  pen: ChalkInstance,
): string {
  const heading = `${pen.bold(target)} ${clause.id} (${clause.level}), ${range.releases} releases from ${range.from} to ${range.to}, seed ${seed}\n`
  const rows = steps.map(({ version, verdict, how, programs, reason }) => [
    pen.bold(version),
    paintVerdict(verdict, pen),
    how === 'not run' ? how : `${how}, ${programs} programs`,
    pen.dim(reason ?? ''),
  ])
  const shown = steps.findLast((step) => step.shown !== null)
  const program = shown?.shown?.program ?? null
  const replay =
    program === null
      ? ''
      : pen.dim(`assay replay ${join(shortPath(folder), program)} ${target}@${shown?.version}\n`)
  return `${heading}${formatTable(rows)}\n${answer}\n${replay}`
}
