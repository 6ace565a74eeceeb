import type { ChalkInstance } from 'chalk'
import { AssayError } from '../../evidence/errors.ts'
import { EXIT, type ExitCode } from '../../evidence/verdict.ts'
import { penFor } from './style.ts'

/** Prints why a command failed, and gives its exit code. */
export function reportFailure(error: unknown): ExitCode {
  const paint = penFor(process.stderr)
  if (error instanceof AssayError) {
    process.stderr.write(describeFailure(error, paint))
    return error.exitCode
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(
    `${paint.red('assay failed; this is a defect of assay, please report it')}\n${text}\n`,
  )
  return EXIT.infrastructure
}

/** Input, rule and cure on lines of their own, then the code to look up. */
function describeFailure(error: AssayError, paint: ChalkInstance): string {
  const label = (text: string): string => paint.dim(text.padEnd(7))
  return [
    `${paint.red('error')}  ${error.input}`,
    `${label('rule')}${error.rule.trimEnd()}`,
    `${label('cure')}${error.cure}`,
    `${label('code')}${error.code}`,
    '',
  ].join('\n')
}
