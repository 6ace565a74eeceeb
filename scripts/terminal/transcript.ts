import type { ChalkInstance } from 'chalk'
import type { ProgramFile } from '../../conformance/engine/program-file.ts'
import type { ReplayResult } from '../../conformance/replay.ts'
import type { TranscriptEvent } from '../../evidence/conformance.ts'
import { paintVerdict } from './style.ts'
import { formatTable } from './table.ts'

/** The merged log of wire and application as a table, then what was expected and the verdict. */
export function describeReplay(
  file: ProgramFile,
  spec: string,
  result: ReplayResult,
  pen: ChalkInstance,
): string {
  const header = `${pen.bold(file.property)} on ${pen.bold(spec)}\n\n`
  const events = formatTable(result.transcript.map((event) => row(event, pen)))
  const violations = result.violations.map(
    ({ clause, expected, observed }) =>
      `${pen.bold(clause)}\n  expected  ${expected}\n  observed  ${observed}\n`,
  )
  const verdict = `${pen.bold('verdict')}  ${paintVerdict(result.verdict, pen)}\n`
  return `${header}${events}\n${violations.join('')}${verdict}`
}

function row({ at, from, to, subject, label }: TranscriptEvent, pen: ChalkInstance): string[] {
  return [
    pen.dim(`${(at / 1000).toFixed(1).padStart(8)} ms`),
    subject,
    `${from} → ${to}`,
    label.replaceAll('\n', '\\n'),
  ]
}
