import fc from 'fast-check'
import type { Settings } from '../../../targets/settings.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { type Property, processProperty } from '../property.ts'
import { chatterOf, entriesBelow, ordinaryEntries } from './log-entries.ts'

type LogLevel = NonNullable<Settings['logLevel']>

/** Which entries are written. */
export const logLevels: readonly Property[] = [between(), ends()]

function between(): Property {
  return processProperty({
    id: 'config/log-level',
    law: 'a server that tells of its start at level info says nothing below a graver level that was set, and still what is graver',
    clauses: ['config/log-level'],
    needs: ['http/1.1', 'config/command-line', 'log-level'],
    enough: 2,
    program: fc.record({ level: fc.constantFrom('warning' as const, 'error' as const) }),
    async run(launcher, { level }) {
      const usual = await logOf(launcher, 'info')
      const ordinary = ordinaryEntries(usual.serving, level)
      if (ordinary.size === 0) {
        launcher.judge.doubt('config/log-level', 'even at level info nothing is written')
        return
      }
      const { serving, whole } = await logOf(launcher, level)
      const chatter = [...chatterOf(serving, level, ordinary), ...entriesBelow(whole, level)]
      launcher.check('config/log-level', chatter.length === 0, `no entry below ${level}`, () =>
        chatter.join('\n'),
      )
      launcher.check(
        'config/log-level',
        whole.includes(FAILURE) || !usual.whole.includes(FAILURE),
        'what level info says of an exception of the application, which is an error',
        () => whole || 'nothing',
      )
    },
  })
}

function ends(): Property {
  return processProperty({
    id: 'config/log-level/ends',
    law: 'at the gravest level nothing below it is written, not even an error, and at the least grave what a server says of errors still is',
    clauses: ['config/log-level'],
    needs: ['http/1.1', 'config/command-line', 'log-level'],
    enough: 2,
    program: fc.record({ level: fc.constantFrom('critical' as const, 'debug' as const) }),
    async run(launcher, { level }) {
      const { whole } = await logOf(launcher, level)
      if (level === 'critical') {
        const chatter = entriesBelow(whole, level)
        launcher.check('config/log-level', chatter.length === 0, 'no entry below critical', () =>
          chatter.join('\n'),
        )
        return
      }
      const usual = await logOf(launcher, 'info')
      launcher.check(
        'config/log-level',
        whole.includes(FAILURE) || !usual.whole.includes(FAILURE),
        'what level info says of an exception of the application, at level debug too',
        () => whole || 'nothing',
      )
    },
  })
}

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
  const iut = await launcher.serve('config/log-level', { settings })
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
