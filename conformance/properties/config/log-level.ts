import fc from 'fast-check'
import type { Settings } from '../../../targets/settings.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { type Property, processProperty } from '../property.ts'
import { chatterOf, entriesBelow, ordinaryEntries } from './log-entries.ts'

const CLAUSE = 'config/log-level'

type LogLevel = NonNullable<Settings['logLevel']>

/** Which entries are written. */
export const logLevels: readonly Property[] = [
  processProperty({
    id: CLAUSE,
    law: 'a server that tells of its start at level info says nothing below a graver level that was set, and still what is graver',
    clauses: [CLAUSE],
    needs: ['http/1.1', 'config/command-line', 'log-level'],
    enough: 2,
    program: fc.record({ level: fc.constantFrom('warning' as const, 'error' as const) }),
    async run(launcher, { level }) {
      const usual = await logOf(launcher, 'info')
      const ordinary = ordinaryEntries(usual.serving, level)
      if (ordinary.size === 0) {
        launcher.judge.doubt(CLAUSE, 'even at level info nothing is written')
        return
      }
      const { serving, whole } = await logOf(launcher, level)
      const chatter = [...chatterOf(serving, level, ordinary), ...entriesBelow(whole, level)]
      judgeChatter(launcher, chatter, level)
      judgeFailure(launcher, whole, usual.whole, 'which is an error')
    },
  }),
  processProperty({
    id: `${CLAUSE}/ends`,
    law: 'at the gravest level nothing below it is written, not even an error, and at the least grave what a server says of errors still is',
    clauses: [CLAUSE],
    needs: ['http/1.1', 'config/command-line', 'log-level'],
    enough: 2,
    program: fc.record({ level: fc.constantFrom('critical' as const, 'debug' as const) }),
    async run(launcher, { level }) {
      const { whole } = await logOf(launcher, level)
      if (level === 'critical') judgeChatter(launcher, entriesBelow(whole, level), level)
      else
        judgeFailure(launcher, whole, (await logOf(launcher, 'info')).whole, 'at level debug too')
    },
  }),
]

const FAILURE = 'failed on purpose 81c4'

/** In which an entry is written that a server keeps back at first. */
const LOG_MS = 1500

interface Log {
  /** From the start to the first response: what a server in good health has to say. */
  readonly serving: string
  readonly whole: string
}

async function logOf(launcher: Launcher, level: LogLevel): Promise<Log> {
  const settings = { 'command-line': { logLevel: level } }
  const iut = await launcher.serve(CLAUSE, { settings })
  const exchange = await launcher.trial(iut).open(http.get('/'), { fresh: true })
  await exchange.respond({ status: 204 })
  await exchange.response()
  const serving = await launcher.log(iut)
  const failing = await launcher.trial(iut).open(http.get('/failing'), { fresh: true })
  failing.misused = true
  await failing.app.raise('RuntimeError', FAILURE)
  await failing.response()
  await iut.becomes(async () => (await launcher.log(iut)).includes(FAILURE), LOG_MS)
  await iut.stop(2000)
  return { serving, whole: await launcher.log(iut) }
}

function judgeChatter(launcher: Launcher, chatter: readonly string[], level: LogLevel): void {
  launcher.check(CLAUSE, chatter.length === 0, `no entry below ${level}`, () => chatter.join('\n'))
}

/** `usual`: what level info has told. */
function judgeFailure(launcher: Launcher, whole: string, usual: string, why: string): void {
  launcher.check(
    CLAUSE,
    whole.includes(FAILURE) || !usual.includes(FAILURE),
    `what level info says of an exception of the application, ${why}`,
    () => whole || 'nothing',
  )
}
