import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import type { Capability } from '../../../evidence/target.ts'
import { accepts, freePort } from '../../../targets/launch/port.ts'
import type { FileFormat, FileNaming, SettingSource, Settings } from '../../../targets/settings.ts'
import { word } from '../../arbitraries/http.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { valuesOf } from '../../testers/response-reader.ts'
import { show } from '../../testers/values.ts'
import { type Property, processProperty } from '../property.ts'
import { entriesBelow } from './log-entries.ts'
import { LOOPBACK_HOSTS, type Place, placeOn, strayListener } from './loopback.ts'
import { exchangeOf } from './serve-with.ts'

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
    id: 'config/file/formats',
    law: 'a configuration file in JSON, YAML, TOML or JavaScript says the same, with names of either spelling; the command line names it, or the environment where the command line does not',
    clauses: ['config/file', 'config/precedence'],
    needs: ['http/1.1', 'config/file', 'documented/file-formats', 'root-path', 'default-headers'],
    enough: 1,
    program: fc.record({ rootPath: fc.constantFrom('/mounted', '/api/v1'), value: word }),
    async run(launcher, { rootPath, value }) {
      const file: Settings = {
        rootPath,
        serverHeader: false,
        defaultHeaders: [['x-set', value]],
        // A name of more than two words.
        timeoutKeepAlive: LONG_SECONDS,
      }
      for (const [fileFormat, fileNamedIn] of WRITTEN) {
        const clause = fileNamedIn === 'both' ? 'config/precedence' : 'config/file'
        const iut = await launcher.serve(clause, { settings: { file }, fileFormat, fileNamedIn })
        const { exchange, response } = await exchangeOf(launcher.trial(iut))
        const seen = {
          rootPath: exchange.scope['root_path'],
          server: response === null ? null : valuesOf(response, 'server'),
          added: response === null ? null : valuesOf(response, 'x-set'),
        }
        const expected = JSON.stringify({ rootPath, server: [], added: [value] })
        launcher.check(
          clause,
          JSON.stringify(seen) === expected,
          `${expected} from ${fileFormat}, named in: ${fileNamedIn}`,
          () => JSON.stringify(seen),
        )
      }
    },
  }),
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
  processProperty({
    id: 'config/precedence/flags',
    law: 'a flag is as the highest source sets it, off as well as on, and a list has no items of those below it, whatever they say',
    clauses: ['config/precedence'],
    needs: ['http/1.1', 'config/precedence', 'server-header'],
    enough: 1,
    program: fc.record({ first: fc.boolean() }),
    async run(launcher, { first }) {
      const ranked = RANKS.filter((source) => launcher.target.has(`config/${source}`))
      for (const [rank, source] of ranked.slice(0, -1).entries())
        for (const on of [first, !first])
          await judgeFlag(launcher, source, ranked.slice(rank + 1), on)
    },
  }),
]

/** Longer than any program takes. */
const LONG_SECONDS = 50

/** Formats of a configuration file, and where its path stands. */
const WRITTEN: readonly (readonly [FileFormat, FileNaming])[] = [
  ['json', 'command-line'],
  ['yaml', 'environment'],
  ['toml', 'command-line'],
  ['js', 'both'],
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
        ...(target.has('server-header') ? { serverHeader: false } : {}),
        ...(target.has('default-headers/every-source') ? { defaultHeaders: LISTED } : {}),
      }
      const place = await placeOn(host)
      const asked = {
        host: place.host,
        port: place.port,
        addressIn: source,
        settings: { [source]: settings },
      }
      const iut = await launcher.serve(clause, asked).catch(async (error: unknown) => {
        await judgeAbsence(launcher, place)
        throw error
      })
      const judge = judging(launcher, clause)
      judge('config/port', true, '', () => '')
      const stray = await strayListener(place)
      judge('config/host', !stray, `no listener on ${place.other}`, () => 'it accepts there too')
      const { exchange, response } = await exchangeOf(launcher.trial(iut))
      const seen = exchange.scope['root_path'] ?? ''
      if (settings.rootPath !== undefined)
        judge('config/root-path', seen === rootPath, show(rootPath), () => show(seen))
      if (settings.serverHeader === false && response !== null) {
        const named = valuesOf(response, 'server').join(' | ')
        launcher.check(clause, named === '', 'no Server field, as was asked', () => named)
      }
      for (const [name, value] of settings.defaultHeaders ?? []) {
        const values = response === null ? [] : valuesOf(response, name)
        const held = values.join(' | ') === value
        launcher.check(clause, held, `${name}: ${value}`, () => values.join(' | '))
      }
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

/** A list of one item, which is easily taken for two. */
const LISTED: NonNullable<Settings['defaultHeaders']> = [['x-set', 'one, two']]

/** What a source must bring about is judged for the source and for the setting. */
function judging(launcher: Launcher, source: string): Launcher['check'] {
  return (clause, holds, expected, observed) => {
    launcher.check(source, holds, `${clause}: ${expected}`, observed)
    return launcher.check(clause, holds, expected, observed)
  }
}

/** A server that runs and listens neither here nor on the other host has taken another port. */
async function judgeAbsence(launcher: Launcher, place: Place): Promise<void> {
  const running = launcher.iuts.at(-1)?.running
  if (running === undefined || place.other === null) return
  const ended = await Promise.race([running.exited.then(() => true), pause(0, false)])
  if (ended || (await accepts(place.host, place.port)) || (await strayListener(place))) return
  launcher.check('config/port', false, `a server on port ${place.port}`, () => running.logTail())
}

/** Every source below says the opposite. */
async function judgeFlag(
  launcher: Launcher,
  highest: SettingSource,
  lower: readonly SettingSource[],
  on: boolean,
): Promise<void> {
  const listed = launcher.target.has('default-headers/every-source')
  const settingsOf = (source: SettingSource): Settings => ({
    serverHeader: source === highest ? on : !on,
    ...(listed ? { defaultHeaders: [['x-of', source]] } : {}),
  })
  const settings = Object.fromEntries(
    [highest, ...lower].map((source) => [source, settingsOf(source)]),
  )
  const iut = await launcher.serve('config/precedence', { settings })
  const { response } = await exchangeOf(launcher.trial(iut))
  const seen = response !== null && valuesOf(response, 'server').length > 0
  launcher.check(
    'config/precedence',
    seen === on,
    `${on ? 'a' : 'no'} Server field, as ${highest} has it against ${lower.join(' and ')}`,
    () => (seen ? 'one' : 'none'),
  )
  if (!listed || response === null) return
  const heeded = valuesOf(response, 'x-of').join(', ')
  const expected = `the list of ${highest}, and nothing of ${lower.join(' and ')}`
  launcher.check('config/precedence', heeded === highest, expected, () => heeded)
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
