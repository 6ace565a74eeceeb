import fc from 'fast-check'
import type { Settings } from '../../../targets/settings.ts'
import { word } from '../../arbitraries/http.ts'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { binary } from '../../testers/exchange.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { type ResponseHead, valuesOf } from '../../testers/response-reader.ts'
import { PLAIN } from '../../websocket/handshake.ts'
import { establish } from '../../websocket/open.ts'
import { alsoOverHttp2 } from '../http2/web-socket-exchange.ts'
import { refusalOfVersion } from '../http2/web-socket-stream.ts'
import { type Property, processProperty } from '../property.ts'
import { exchangeOf, exchangeOverHttp2, serveWith } from './serve-with.ts'

const DEFAULTS = 'config/default-headers'
const HANDSHAKE = 'config/default-headers-handshake'
const EVERYWHERE = 'config/default-headers-everywhere'

/** What a server puts into responses by itself. */
export const responseHeaders: readonly Property[] = [
  switched('server', 'date'),
  switched('date', 'server'),
  processProperty({
    id: DEFAULTS,
    law: 'each response carries the headers that were set by default, once',
    clauses: [DEFAULTS],
    needs: ['http/1.1', 'config/command-line', 'default-headers'],
    enough: 1,
    program: fc.record({ value: word, status: fc.constantFrom(200, 404) }),
    async run(launcher, { value, status }) {
      // Of Server there may be one (RFC 9110 §5.3): that of the settings, in place of the server's own.
      const headers = [...defaults(value), ['server', value] as const]
      const trial = await serveWith(launcher, DEFAULTS, { defaultHeaders: headers })
      const { response } = await exchangeOf(trial, undefined, status)
      judgeDefaults(launcher, headers, response)
      const stream = await exchangeOverHttp2(trial, [], status)
      if (stream !== null) judgeDefaults(launcher, headers, stream.response)
    },
  }),
  processProperty({
    id: `${DEFAULTS}/sources`,
    law: 'headers that the environment or a file sets by default are those of the command line, with commas in their values',
    clauses: [DEFAULTS],
    needs: ['http/1.1', 'config/environment', 'config/file', 'default-headers/every-source'],
    enough: 2,
    program: fc.record({ source: fc.constantFrom('environment', 'file'), value: word }),
    async run(launcher, { source, value }) {
      const headers = defaults(`${value}, ${value}; q=0.5,z`)
      const settings = { [source]: { defaultHeaders: headers } }
      const iut = await launcher.serve(DEFAULTS, { settings })
      const { response } = await exchangeOf(launcher.trial(iut))
      judgeDefaults(launcher, headers, response)
    },
  }),
  processProperty({
    id: HANDSHAKE,
    law: 'the response that completes a WebSocket handshake carries the headers that were set by default, once, and keeps its own',
    clauses: [HANDSHAKE],
    needs: ['http/1.1', 'config/command-line', 'default-headers', 'websocket'],
    enough: 1,
    program: fc.record({ value: word }),
    async run(launcher, { value }) {
      const headers = defaults(value)
      const trial = await serveWith(launcher, HANDSHAKE, { defaultHeaders: headers })
      for (const { answered } of [await establish(trial), ...(await alsoOverHttp2(trial))])
        judgeDefaults(launcher, headers, answered ?? null, HANDSHAKE)
      if (!launcher.target.has('documented/default-headers-everywhere')) return
      const [, second = ['', '']] = headers
      const own = [binary('x-first'), binary('own')]
      const accept = { headers: [own] }
      const exchanges = [await establish(trial, PLAIN, accept)]
      exchanges.push(...(await alsoOverHttp2(trial, PLAIN, accept)))
      for (const { answered } of exchanges)
        judgeDefaults(launcher, [['x-first', 'own'], second], answered ?? null, HANDSHAKE)
    },
  }),
  processProperty({
    id: EVERYWHERE,
    law: 'responses of the server itself carry the default headers too; a response that has such a field keeps its own',
    clauses: [EVERYWHERE, 'config/server-header', 'config/date-header'],
    needs: [
      'http/1.1',
      'config/command-line',
      'default-headers',
      'documented/default-headers-everywhere',
    ],
    enough: 1,
    program: fc.record({ value: word }),
    async run(launcher, { value }) {
      const headers = defaults(value)
      // A field that refusals may have of their own.
      const more = [...headers, ['content-type', 'text/assay'] as const]
      const trial = await serveWith(launcher, EVERYWHERE, { defaultHeaders: more })
      const broken = { ...http.get('/'), headers: [['Bad Name', '1']] } as const
      const { refused } = await trial.attempt(broken, { fresh: true })
      judgeDefaults(launcher, headers, refused?.response ?? null, EVERYWHERE)
      judgeOnce(launcher, 'content-type', refused?.response ?? null)
      const failing = await trial.open(http.get('/'), { fresh: true })
      failing.misused = true
      await failing.app.raise('RuntimeError')
      const answer = await failing.response()
      judgeDefaults(launcher, headers, answer, EVERYWHERE)
      judgeOnce(launcher, 'content-type', answer)
      for (const name of ['x-first', 'X-First']) {
        const own = await trial.open(http.get('/'), { fresh: true })
        await own.respond({ status: 200, headers: [[name, 'own']], body: ['ok'] })
        const [, second = ['', '']] = headers
        judgeDefaults(launcher, [['x-first', 'own'], second], await own.response(), EVERYWHERE)
      }
      if (launcher.target.has('http/2/prior-knowledge')) await judgeStream(launcher, headers)
    },
  }),
]

type Fields = readonly (readonly [name: string, value: string])[]

function defaults(value: string): Fields {
  return [
    ['x-first', value],
    ['x-second', 'two: words'],
  ]
}

/** Over HTTP/2 too, and neither Server nor Date where these are off. */
async function judgeStream(launcher: Launcher, headers: Fields): Promise<void> {
  const trial = await serveWith(launcher, EVERYWHERE, {
    defaultHeaders: headers,
    serverHeader: false,
    dateHeader: false,
  })
  const { exchange } = await serve(trial, await openHttp2(trial), h2.get('/'))
  await exchange.respond({ status: 200, body: ['ok'] })
  const response = await exchange.response()
  judgeDefaults(launcher, headers, response, EVERYWHERE)
  for (const field of ['server', 'date'] as const) {
    const seen = response === null ? [] : valuesOf(response, field)
    const clause = `config/${field}-header`
    launcher.check(clause, seen.length === 0, `no ${field} field`, () => seen.join(', '))
  }
  const refused = await refusalOfVersion(trial)
  if (refused !== undefined) judgeDefaults(launcher, headers, refused, EVERYWHERE)
}

/** By default or its own. */
function judgeOnce(launcher: Launcher, name: string, response: ResponseHead | null): void {
  if (response === null) return
  const seen = valuesOf(response, name)
  launcher.check(EVERYWHERE, seen.length === 1, `one ${name}`, () => seen.join(' | ') || '(absent)')
}

function judgeDefaults(
  launcher: Launcher,
  headers: Fields,
  response: ResponseHead | null,
  clause = DEFAULTS,
): void {
  for (const [name, expected] of headers) {
    const seen = response === null ? [] : valuesOf(response, name)
    launcher.check(
      clause,
      seen.length === 1 && seen[0] === expected,
      `${name}: ${expected}`,
      () => `${name}: ${seen.join(' | ') || '(absent)'}`,
    )
  }
}

type OwnField = 'server' | 'date'

function leftOut(field: OwnField): Settings {
  return field === 'server' ? { serverHeader: false } : { dateHeader: false }
}

function switched(field: OwnField, other: OwnField): Property {
  const clause = `config/${field}-header` as const
  return processProperty({
    id: clause,
    law: `the ${field} field is left out of responses when it is turned off, and sent otherwise, the ${other} field or not`,
    clauses: [clause],
    needs: ['http/1.1', 'config/command-line', `${field}-header`],
    enough: 1,
    program: fc.record({ status: fc.constantFrom(200, 404) }),
    async run(launcher, { status }) {
      // Left as it is, the field is sent: every documentation says so of its default.
      const others = launcher.target.has(`${other}-header`) ? leftOut(other) : {}
      for (const [settings, on] of [
        [leftOut(field), false],
        [others, true],
      ] as const) {
        const trial = await serveWith(launcher, clause, settings)
        const exchanges = [
          await exchangeOf(trial, undefined, status),
          await exchangeOverHttp2(trial, [], status),
        ]
        for (const { response } of exchanges.flatMap((one) => one ?? [])) {
          const seen = response === null ? [] : valuesOf(response, field)
          launcher.check(
            clause,
            seen.length > 0 === on,
            on ? `a ${field} field` : `no ${field} field`,
            () => `${field}: ${seen.join(', ') || '(absent)'}`,
          )
        }
      }
    },
  })
}
