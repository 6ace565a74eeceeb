import { inspect } from 'node:util'
import { pino } from 'pino'
import type { Settings } from '../config/settings.ts'
import type { Served } from './observers.ts'

/** Where the server tells what happened; messages are one sentence. */
export interface ServerLog {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string, cause?: unknown): void
  /** One finished request. */
  access(served: Served): void
}

/** All logs go to standard error: standard output belongs to the application. */
const STANDARD_ERROR = 2

export function createLog(settings: Pick<Settings, 'logLevel' | 'logFormat'>): ServerLog {
  return settings.logFormat === 'json' ? jsonLog(settings.logLevel) : plainLog(settings.logLevel)
}

function jsonLog(level: Settings['logLevel']): ServerLog {
  const logger = pino({ level }, pino.destination({ dest: STANDARD_ERROR, sync: true }))
  return {
    debug: (message) => logger.debug(message),
    info: (message) => logger.info(message),
    warn: (message) => logger.warn(message),
    error: (message, cause) => {
      if (cause === undefined) logger.error(message)
      else logger.error({ err: cause }, message)
    },
    access: (served) => logger.info({ request: served }, 'request'),
  }
}

const ORDER: readonly Settings['logLevel'][] = ['silent', 'error', 'warn', 'info', 'debug']

function plainLog(level: Settings['logLevel']): ServerLog {
  const write = (importance: Settings['logLevel'], line: string): void => {
    if (ORDER.indexOf(importance) <= ORDER.indexOf(level)) process.stderr.write(`${line}\n`)
  }
  return {
    debug: (message) => write('debug', message),
    info: (message) => write('info', message),
    warn: (message) => write('warn', `warning: ${message}`),
    error: (message, cause) =>
      write('error', `error: ${message}${cause === undefined ? '' : `\n${describe(cause)}`}`),
    access: (served) => write('info', accessLine(served)),
  }
}

/** `127.0.0.1:50112 "GET /a?b HTTP/1.1" 200 13 0.4ms` */
function accessLine(served: Served): string {
  const { client, method, path, version, status, bytesSent, milliseconds } = served
  const outcome = `${status ?? '-'} ${bytesSent} ${milliseconds.toFixed(1)}ms`
  return `${client} "${method} ${path} HTTP/${version}" ${outcome}`
}

/** A stack where there is one; anything can be thrown. */
export function describe(cause: unknown): string {
  if (cause instanceof Error) return cause.stack ?? cause.message
  return inspect(cause)
}
