import { Chalk, type ChalkInstance } from 'chalk'
import type { Verdict } from '../../evidence/verdict.ts'

/** https://no-color.org and https://force-color.org, then whether a terminal reads it. */
export function useColour(
  stream: { readonly isTTY?: boolean },
  environment: NodeJS.ProcessEnv = process.env,
): boolean {
  if ((environment['NO_COLOR'] ?? '') !== '') return false
  if ((environment['FORCE_COLOR'] ?? '') !== '') return environment['FORCE_COLOR'] !== '0'
  return stream.isTTY === true && environment['TERM'] !== 'dumb'
}

/** A pen for the stream: writes no escape codes where nobody would see colours. */
export function penFor(
  stream: { readonly isTTY?: boolean },
  environment: NodeJS.ProcessEnv = process.env,
): ChalkInstance {
  return new Chalk({ level: useColour(stream, environment) ? 1 : 0 })
}

export function paintVerdict(verdict: Verdict, pen: ChalkInstance): string {
  switch (verdict) {
    case 'PASS':
      return pen.green(verdict)
    case 'FAIL':
      return pen.red.bold(verdict)
    case 'INCONCLUSIVE':
    case 'NOT_RUN':
      return pen.yellow(verdict)
    case 'MANUAL':
    case 'NOT_APPLICABLE':
      return pen.dim(verdict)
  }
}
