#!/usr/bin/env node
import { realpathSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { AssayError, UsageError } from '../evidence/errors.ts'
import type { LifespanMode } from './lifespan/lifespan.ts'
import { loadApplication } from './server/load-application.ts'
import { stderrLog } from './server/log.ts'
import { serve } from './server/serve.ts'

/** Runs the server until a signal ends it; resolves with the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parse(argv)
    const application = await loadApplication(positionals[0] ?? '')
    const server = await serve(application, {
      host: values.host,
      port: Number(values.port),
      lifespan: lifespanMode(values.lifespan),
      rootPath: values['root-path'],
    })
    stderrLog.info(`listening on ${server.url}`)
    await nextSignal()
    void nextSignal().then(() => server.abort())
    await server.close()
    return 0
  } catch (error) {
    if (!(error instanceof AssayError)) throw error
    stderrLog.error(`${error.input}: ${error.rule} ${error.cure}`)
    return error.exitCode
  }
}

function lifespanMode(text: string): LifespanMode {
  if (text === 'auto' || text === 'on' || text === 'off') return text
  throw new UsageError({
    code: 'serve/lifespan',
    input: `--lifespan ${text}`,
    rule: 'The lifespan mode is auto, on or off.',
    cure: 'Leave it out for auto.',
  })
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '8000' },
        lifespan: { type: 'string', default: 'auto' },
        'root-path': { type: 'string', default: '' },
        workers: { type: 'string', default: '1' },
      },
    })
  } catch (error) {
    throw new UsageError({
      code: 'serve/arguments',
      input: argv.join(' '),
      rule: error instanceof Error ? error.message : String(error),
      cure: 'See assay serve --help.',
    })
  }
}

function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      process.off('SIGTERM', settle)
      process.off('SIGINT', settle)
      resolve()
    }
    process.on('SIGTERM', settle)
    process.on('SIGINT', settle)
  })
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename) {
  // An application may hold sockets and timers of its own: its server is over all the same.
  process.exit(await main(process.argv.slice(2)))
}
