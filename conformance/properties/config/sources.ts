import fc from 'fast-check'
import type { Capability } from '../../../evidence/target.ts'
import { freePort } from '../../../targets/launch/port.ts'
import type { SettingSource, Settings } from '../../../targets/settings.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { show } from '../../testers/values.ts'
import { type Property, processProperty } from '../property.ts'
import { entriesBelow } from './log-entries.ts'
import { LOOPBACK_HOSTS, placeOn, strayListener } from './loopback.ts'

/** The same settings from each place where a server reads them, and which place counts. */
export const sources: readonly Property[] = [
  sourceProperty('command-line', 'a setting on the command line takes effect'),
  sourceProperty(
    'environment',
    'a setting in the environment does what it does on the command line',
  ),
  sourceProperty(
    'file',
    'a setting in the configuration file does what it does on the command line',
  ),
  processProperty({
    id: 'config/precedence',
    law: 'of several sources of one setting the one that the documentation ranks highest counts',
    clauses: ['config/precedence'],
    needs: ['http/1.1', 'config/precedence'],
    enough: 1,
    program: fc.constant({ setting: 'port' as const }),
    async run(launcher) {
      const ranked = RANKS.filter((source) => launcher.target.has(`config/${source}`))
      for (const [rank, source] of ranked.slice(0, -1).entries())
        await judgeRank(launcher, source, ranked.slice(rank + 1))
    },
  }),
]

/** As every documentation that ranks them does: nearest to the person who starts the server first. */
const RANKS: readonly SettingSource[] = ['command-line', 'environment', 'file']

function sourceProperty(source: SettingSource, law: string): Property {
  const clause = `config/${source}` satisfies Capability
  return processProperty({
    id: clause,
    law,
    clauses: [clause, 'config/host', 'config/port', 'config/root-path', 'config/log-level'],
    needs: ['http/1.1', clause],
    program: fc.record({
      host: fc.constantFrom(...LOOPBACK_HOSTS),
      rootPath: fc.constantFrom('/mounted', '/api/v1'),
      logLevel: fc.constantFrom('warning' as const, 'error' as const),
    }),
    async run(launcher, { host, rootPath, logLevel }) {
      const { target } = launcher
      const settings: Settings = {
        ...(target.has('root-path') ? { rootPath } : {}),
        ...(target.has('log-level') ? { logLevel } : {}),
      }
      const place = await placeOn(host)
      const iut = await launcher.serve(clause, {
        host: place.host,
        port: place.port,
        addressIn: source,
        settings: { [source]: settings },
      })
      const judge = judging(launcher, clause)
      judge('config/port', true, '', () => '')
      const stray = await strayListener(place)
      judge('config/host', !stray, `no listener on ${place.other}`, () => 'it accepts there too')
      const seen = await rootPathOf(launcher, iut)
      if (settings.rootPath !== undefined)
        judge('config/root-path', seen === rootPath, show(rootPath), () => show(seen))
      if (settings.logLevel === undefined) return
      iut.expectEnd()
      await iut.stop(2000)
      const chatter = entriesBelow(await launcher.log(iut), logLevel)
      judge('config/log-level', chatter.length === 0, `no entry below ${logLevel}`, () =>
        chatter.join('\n'),
      )
    },
  })
}

/** What a source must bring about is judged for the source and for the setting. */
function judging(launcher: Launcher, source: string): Launcher['check'] {
  return (clause, holds, expected, observed) => {
    launcher.check(source, holds, `${clause}: ${expected}`, observed)
    return launcher.check(clause, holds, expected, observed)
  }
}

async function rootPathOf(launcher: Launcher, iut: Iut) {
  const exchange = await launcher.trial(iut).open(http.get('/'), { fresh: true })
  await exchange.respond({ status: 204 })
  await exchange.response()
  return exchange.scope['root_path'] ?? ''
}

/** Every source names a port of its own: the server listens on that of the highest, and on no other. */
async function judgeRank(
  launcher: Launcher,
  highest: SettingSource,
  lower: readonly SettingSource[],
): Promise<void> {
  const ports = await Promise.all(lower.map(() => freePort('127.0.0.1')))
  const host = '127.0.0.1'
  const settings = Object.fromEntries(
    lower.map((source, index) => [source, { host, port: ports[index] ?? 0 }]),
  )
  const iut = await launcher.start({ addressIn: highest, settings, waitUntilListening: false })
  const own = iut.running.port
  const listening = await iut.firstListening([own, ...ports])
  launcher.check(
    'config/precedence',
    listening === own,
    `port ${own} of ${highest}, not ${ports.join(' or ')} of ${lower.join(' or ')}`,
    () => `port ${listening ?? 'none'}`,
  )
}
