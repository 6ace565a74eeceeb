import fc, { type Arbitrary } from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { headFraming } from '../../arbitraries/http2.ts'
import type { Field } from '../../http2/hpack-table.ts'
import { ask, awaitScope, knock, openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { RemoteScope } from '../../testers/remote-scope.ts'
import type { Trial } from '../../testers/trial.ts'
import { isBytes, isInt, type PyDict, type PyValue, show } from '../../testers/values.ts'
import { judgeValues } from '../http/header-values.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'

const OK = { status: 204 }

/** RFC 9113 §8.2: names are in lower case. */
export const fields: Arbitrary<readonly Field[]> = arbitrary.requestFields.map((list) =>
  list.map(([name, value]) => [name.toLowerCase(), value] as const),
)

/** A host that no :authority of ours names. */
const OTHER = 'other.example'

const authority = fc.constantFrom('assay.test', 'assay.test:8443', 'a.example', '127.0.0.1:8000')

/**
 * What a server may refuse, and otherwise has to tell as it is: a method that it does not know (they are
 * case-sensitive, RFC 9110 §9.1), octets beyond US-ASCII (§5.5).
 */
const odd = fc.record({
  lower: fc.nat(7).map((number) => number === 0),
  value: fc.option(fc.constantFrom('\xe9', 'a\xff\x80z', '\xc3\xa9'), { nil: null, freq: 3 }),
})

/** www.rst, "HTTP Connection Scope": what a request of HTTP/2 becomes. */
export const scopes: readonly Property[] = [
  http2Property({
    id: 'http/scope/pseudo-headers-removed',
    law: 'a request over HTTP/2 gives the scope that it says, however its head is framed, without pseudo headers',
    clauses: [
      'http/scope/pseudo-headers-removed',
      'http/scope/http-version',
      'http/scope/method',
      'http/scope/path',
      'http/scope/raw-path',
      'http/scope/query-string',
      'http/scope/scheme',
      'http/scope/headers-bytes',
      'http/scope/headers-duplicates',
      'http/scope/headers-values-in-order',
      'http/scope/headers-as-provided',
      'wire/rfc9113/alpn',
      'wire/rfc9113/server-preface',
      'wire/rfc9113/settings-acknowledged',
    ],
    program: fc.record({
      method: arbitrary.method,
      path: arbitrary.path,
      query: fc.option(arbitrary.query, { nil: null }),
      fields,
      framing: headFraming,
      te: fc.boolean(),
      /** What was remembered of the first is there for the second. */
      turns: fc.integer({ min: 1, max: 2 }),
      odd,
    }),
    async run(
      trial,
      { method, path, query, fields: some, framing: how, te, turns, odd: { lower, value } },
    ) {
      const sent = [
        ...some,
        // RFC 9113 §8.2.2: the one field about a connection that a request may have.
        ...(te ? [['te', 'trailers'] as const] : []),
        ...(value === null ? [] : [['x-beyond', value] as const]),
      ]
      const target = query === null ? path : `${path}?${query}`
      const written = lower ? method.toLowerCase() : method
      const client = await openHttp2(trial)
      const asked = { ...h2.get(target, sent), method: written }
      for (let turn = 1; turn <= turns; turn += 1) {
        const { served } =
          lower || value !== null
            ? await knock(trial, client, asked, how)
            : { served: await serve(trial, client, asked, how) }
        if (served === null) return
        const { exchange } = served
        judgeTarget(trial, exchange.scope, method, path, query)
        judgeFields(trial, exchange.scope, sent)
        await exchange.respond(OK)
        await exchange.response()
      }
    },
  }),
  http2Property({
    id: 'http/scope/authority-as-host',
    law: 'the value of :authority is the first host header, or stands where a host header was, whatever that one said',
    clauses: ['http/scope/authority-as-host'],
    enough: 60,
    program: fc.record({
      authority,
      fields,
      host: fc.constantFrom('none', 'the same', 'another'),
    }),
    async run(trial, { authority: name, fields: sent, host }) {
      const said = host === 'another' ? OTHER : name
      const all = host === 'none' ? sent : [...sent, ['host', said] as const]
      const client = await openHttp2(trial)
      const asked = { ...h2.get('/', all), authority: name }
      // RFC 9113 §8.3.1: a host field beside :authority names the same, or the request may be refused.
      const { served } =
        host === 'another'
          ? await knock(trial, client, asked)
          : { served: await serve(trial, client, asked) }
      if (served === null) return
      const { exchange } = served
      const seen = pairsOf(exchange.scope['headers'])
      const hosts = seen.filter(([field]) => field === 'host').map(([, value]) => value)
      const observed = (): string => JSON.stringify(seen)
      const isNamed = hosts.every((value) => value === name)
      const stands = hosts.length === 1 && (host !== 'none' || seen[0]?.[0] === 'host')
      trial.check(
        'http/scope/authority-as-host',
        stands && isNamed,
        `one host: ${name}, before all others or where one was`,
        observed,
      )
      await exchange.respond(OK)
      await exchange.response()
    },
  }),
  http2Property({
    id: 'http/scope/host-without-authority',
    law: 'where the client gives host and no :authority, that host is the only one in the scope',
    clauses: ['http/scope/headers-as-provided'],
    enough: 30,
    program: fc.record({ host: authority, fields }),
    async run(trial, { host, fields: sent }) {
      const client = await openHttp2(trial)
      // RFC 9113 §8.3.1 asks for :authority only of clients that make such requests themselves.
      const request = { ...h2.get('/', [...sent, ['host', host]]), authority: null }
      const asked = ask(trial, client, request)
      const { arrived, stream } = asked
      const first = await trial.iut.within(
        Promise.race([arrived, stream.answered]),
        'http/scope/one-per-request',
        'a scope or a response for the request',
      )
      if (!(first instanceof RemoteScope)) return
      const { exchange } = await awaitScope(trial, client, asked)
      const hosts = pairsOf(exchange.scope['headers']).filter(([name]) => name === 'host')
      trial.check(
        'http/scope/headers-as-provided',
        hosts.length === 1 && hosts[0]?.[1] === host,
        `host: ${host}, once`,
        () => JSON.stringify(hosts),
      )
      await exchange.respond(OK)
      await exchange.response()
    },
  }),
  http2Property({
    id: 'http/scope/cookie-http2-split',
    law: 'the pieces of a split Cookie header all reach the application, apart or joined by "; "',
    clauses: ['http/scope/cookie-http2-split'],
    program: fc.array(fc.tuple(arbitrary.word, arbitrary.word), { minLength: 1, maxLength: 4 }),
    async run(trial, pairs) {
      const crumbs = pairs.map(([name, value]) => `${name}=${value}`)
      const client = await openHttp2(trial)
      const sent = crumbs.map((crumb) => ['cookie', crumb] as const)
      const { exchange } = await serve(trial, client, h2.get('/', sent))
      const cookies = pairsOf(exchange.scope['headers']).filter(([name]) => name === 'cookie')
      const joined = cookies.map(([, value]) => value).join('; ')
      trial.check(
        'http/scope/cookie-http2-split',
        joined === crumbs.join('; '),
        `cookie ${JSON.stringify(crumbs)}, apart or joined`,
        () => JSON.stringify(cookies),
      )
      await exchange.respond(OK)
      await exchange.response()
    },
  }),
  http2Property({
    id: 'http/scope/http2-addresses',
    law: 'client and server, where given, are the two ends of the connection that all streams share',
    clauses: ['http/scope/client', 'http/scope/server'],
    enough: 12,
    program: fc.integer({ min: 1, max: 3 }),
    async run(trial, requests) {
      const client = await openHttp2(trial)
      for (let turn = 0; turn < requests; turn += 1) {
        const { exchange } = await serve(trial, client, h2.get('/'))
        const { host, port } = trial.iut.running
        const own = client.channel.wire.localPort
        judgeAddress(trial, 'http/scope/client', exchange.scope['client'], host, own)
        judgeAddress(trial, 'http/scope/server', exchange.scope['server'], host, port)
        await exchange.respond(OK)
        await exchange.response()
      }
    },
  }),
]

const BYTE_KEYS: ReadonlySet<string> = new Set(['raw_path', 'query_string'])

function judgeTarget(
  trial: Trial,
  scope: PyDict,
  method: string,
  path: string,
  query: string | null,
): void {
  const told = (clause: string, key: string, expected: string, optional = false): void => {
    const seen = scope[key]
    const absent = optional && (seen === undefined || seen === null)
    const same = BYTE_KEYS.has(key) ? isBytesOf(seen, expected) : seen === expected
    trial.check(clause, absent || same, `${key} ${show(expected)}`, () => show(seen))
  }
  told('http/scope/http-version', 'http_version', '2')
  told('http/scope/method', 'method', method)
  told('http/scope/path', 'path', decodeURIComponent(path))
  told('http/scope/raw-path', 'raw_path', path, true)
  told('http/scope/query-string', 'query_string', query ?? '')
  told('http/scope/scheme', 'scheme', trial.iut.secure ? 'https' : 'http', !trial.iut.secure)
}

/** Each value once, in the order of its name, and none of `:method` and the like. */
function judgeFields(trial: Trial, scope: PyDict, sent: readonly Field[]): void {
  const headers = scope['headers']
  const seen = pairsOf(headers)
  const whole = Array.isArray(headers) && seen.length === headers.length
  trial.check('http/scope/headers-bytes', whole, 'an iterable of pairs of byte strings', () =>
    show(headers),
  )
  const pseudo = seen.filter(([name]) => name.startsWith(':'))
  trial.check('http/scope/pseudo-headers-removed', pseudo.length === 0, 'no pseudo header', () =>
    JSON.stringify(pseudo),
  )
  for (const name of new Set(sent.map(([field]) => field))) {
    judgeValues(trial, name, valuesOf(sent, name), valuesOf(seen, name))
  }
}

function judgeAddress(
  trial: Trial,
  clause: string,
  seen: PyValue | undefined,
  host: string,
  port: number,
): void {
  if (seen === undefined || seen === null) return
  const [address, number, ...rest] = Array.isArray(seen) ? seen : []
  const held =
    address === host &&
    number !== undefined &&
    isInt(number) &&
    number === port &&
    rest.length === 0
  trial.check(clause, held, `[${show(host)}, ${port}]`, () => show(seen))
}

/** Byte pairs as binary strings; the marker of the suite, and what is no pair of byte strings, left out. */
export function pairsOf(headers: PyValue | undefined): Field[] {
  if (!Array.isArray(headers)) return []
  return headers.flatMap((pair): Field[] => {
    const [name, value] = Array.isArray(pair) ? pair : []
    return isBytes(name) && isBytes(value) ? [[textOf(name), textOf(value)]] : []
  })
}

function valuesOf(list: readonly Field[], name: string): string[] {
  return list.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value)
}

function isBytesOf(value: PyValue | undefined, expected: string): boolean {
  return isBytes(value) && textOf(value) === expected
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
