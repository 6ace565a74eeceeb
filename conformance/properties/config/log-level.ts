import fc from 'fast-check'
import type { Settings } from '../../../targets/settings.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { type Property, processProperty } from '../property.ts'
import { chatterOf, entriesBelow, ordinaryEntries } from './log-entries.ts'

type LogLevel = NonNullable<Settings['logLevel']>

/** Which entries are written. */
export const logLevel: Property = processProperty({
  id: 'config/log-level',
  law: 'a server that tells of its start at level info says nothing below a graver level that was set',
  clauses: ['config/log-level'],
  needs: ['http/1.1', 'config/command-line', 'log-level'],
  enough: 2,
  program: fc.record({ level: fc.constantFrom('warning' as const, 'error' as const) }),
  async run(launcher, { level }) {
    const ordinary = ordinaryEntries((await logOf(launcher, 'info')).serving, level)
    if (ordinary.size === 0) {
      launcher.judge.doubt('config/log-level', 'even at level info nothing is written')
      return
    }
    const { serving, whole } = await logOf(launcher, level)
    const chatter = [...chatterOf(serving, level, ordinary), ...entriesBelow(whole, level)]
    launcher.check('config/log-level', chatter.length === 0, `no entry below ${level}`, () =>
      chatter.join('\n'),
    )
  },
})

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
  await iut.stop(2000)
  return { serving, whole: await launcher.log(iut) }
}
