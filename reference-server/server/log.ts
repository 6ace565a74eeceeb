import { inspect } from 'node:util'

/** Where the server tells what happened; messages are one sentence. */
export interface ServerLog {
  info(message: string): void
  error(message: string, cause?: unknown): void
}

/** Plain lines on standard error. */
export const stderrLog: ServerLog = {
  info: (message) => {
    process.stderr.write(`${message}\n`)
  },
  error: (message, cause) => {
    const detail = cause === undefined ? '' : `\n${describe(cause)}`
    process.stderr.write(`${message}${detail}\n`)
  },
}

/** A stack where there is one; anything can be thrown. */
export function describe(cause: unknown): string {
  if (cause instanceof Error) return cause.stack ?? cause.message
  return inspect(cause)
}
