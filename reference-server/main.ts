#!/usr/bin/env node
import cluster from 'node:cluster'
import { realpathSync } from 'node:fs'
import { AssayError, UsageError } from '../evidence/errors.ts'
import { helpText, showConfig } from './config/help.ts'
import { type Resolved, resolveSettings } from './config/resolve.ts'
import { createLog } from './server/log.ts'
import { runProcess } from './supervisor/process.ts'
import { supervise } from './supervisor/supervisor.ts'

/** The command `assay serve`: runs until a signal ends it, and resolves with the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const resolved = await resolveSettings(argv, process.env, process.cwd())
    switch (resolved.ask) {
      case 'help':
        process.stdout.write(helpText())
        return 0
      case 'show-config':
        process.stdout.write(showConfig(resolved))
        return 0
      case 'serve':
        return await serveUntilSignalled(resolved, argv)
    }
  } catch (error) {
    if (!(error instanceof AssayError)) throw error
    process.stderr.write(`error: ${sentences(error)}\n`)
    return error.exitCode
  }
}

async function serveUntilSignalled(
  { settings }: Resolved,
  argv: readonly string[],
): Promise<number> {
  if (settings.app === null) {
    throw new UsageError({
      code: 'serve/arguments',
      input: 'assay serve',
      rule: 'There is no application to serve.',
      cure: 'For example: assay serve examples/hello.ts:app. See assay serve --help.',
    })
  }
  const log = createLog(settings)
  try {
    if (cluster.isPrimary && (settings.workers > 1 || settings.reload)) {
      return await supervise(settings, { file: import.meta.filename, argv }, log)
    }
    return await runProcess(settings, settings.app, log)
  } catch (error) {
    if (!(error instanceof AssayError) || settings.logFormat !== 'json') throw error
    // Why a server does not start is told at any level of the log.
    createLog({ ...settings, logLevel: 'error' }).error(sentences(error))
    return error.exitCode
  }
}

function sentences({ input, rule, cure }: AssayError): string {
  return `${input}: ${rule} ${cure}`
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename) {
  // An application may hold sockets and timers of its own: its server is over all the same.
  process.exit(await main(process.argv.slice(2)))
}
