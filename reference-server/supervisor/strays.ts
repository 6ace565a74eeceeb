import { ClientDisconnected } from '../asgi/errors.ts'
import type { Settings } from '../config/settings.ts'
import { createLog, type ServerLog } from '../server/log.ts'

/**
 * Errors that reach nobody. A rejection is one request's, which says nothing of the others: it is logged, as asyncio
 * does with a task whose exception nobody retrieves. An exception thrown out of a callback may have left anything
 * half done, Node.js's own work too, so that the process ends, with what happened as its last words.
 */
export function onStrays(settings: Settings, log: ServerLog): void {
  process.on('unhandledRejection', (error) => {
    // www.rst, "Disconnected Client": what send() raises for that is no error, awaited or not.
    if (error instanceof ClientDisconnected) return
    log.error('A promise was rejected and nobody handled that.', error)
  })
  process.on('uncaughtException', (error) => {
    // Why a process ends is told at any level of the log.
    const lastWords = createLog({ ...settings, logLevel: 'error' })
    lastWords.error('An exception was thrown and nobody caught it: the process ends.', error)
    process.exit(UNCAUGHT)
  })
}

/** As Node.js has it. */
const UNCAUGHT = 1
