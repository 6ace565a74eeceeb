import fc, { type Arbitrary } from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import type { Field } from '../../http2/hpack-table.ts'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { MARKER } from '../../testers/channel.ts'
import type { Exchange, ResponsePlan } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import { ANY_TLS } from '../../testers/tls-client.ts'
import { Abandoned, type Trial } from '../../testers/trial.ts'
import { type PyDict, show } from '../../testers/values.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'
import { fields, pairsOf } from './scope.ts'

interface Both {
  readonly path: string
  readonly query: string
  readonly fields: readonly Field[]
  readonly content: string
  readonly plan: ResponsePlan
}

const both: Arbitrary<Both> = fc.record({
  path: arbitrary.path,
  query: arbitrary.query,
  fields,
  content: fc.string({ maxLength: 40, unit: 'binary-ascii' }),
  plan: fc.record({
    status: fc.constantFrom(200, 201, 404, 503),
    headers: fc.constant([['x-one', '1']] as const),
    body: fc.array(fc.string({ maxLength: 20, unit: 'binary-ascii' }), { maxLength: 3 }),
  }),
})

/** What the versions of HTTP have in common, and how a client comes to one of them. */
export const across: readonly Property[] = [
  http2Property({
    id: 'http/scope/same-over-http2',
    law: 'one request over HTTP/1.1 and over HTTP/2 is the same to the application, and its response to the client',
    clauses: [
      'http/scope/path',
      'http/scope/raw-path',
      'http/scope/query-string',
      'http/scope/headers-as-provided',
      'http/receive/body-concatenation',
      'http/send/body-concatenated',
      'http/send/start-status',
    ],
    program: both,
    async run(trial, { path, query, fields: sent, content, plan }) {
      const target = `${path}?${query}`
      const first = await trial.open(http.post(target, content, sent), { fresh: true })
      const client = await openHttp2(trial)
      const length = ['content-length', String(content.length)] as const
      const { exchange: second } = await serve(trial, client, {
        ...h2.post(target, content === '' ? [] : [content], [...sent, length]),
        authority: 'assay.test',
      })
      judgeScopes(trial, first.scope, second.scope)
      await judgeContent(trial, first, second)
      await judgeAnswers(trial, first, second, plan)
    },
  }),
  http2Property({
    id: 'wire/rfc9113/alpn',
    law: 'over TLS a client that offers h2 speaks HTTP/2, and one that offers only http/1.1, or nothing, HTTP/1.1',
    clauses: ['wire/rfc9113/alpn'],
    secure: true,
    enough: 8,
    program: fc.record({
      protocols: fc.constantFrom<readonly string[]>(['h2'], ['h2', 'http/1.1'], ['http/1.1'], []),
    }),
    async run(trial, { protocols }) {
      const offered = protocols.includes('h2')
      const channel = await trial.iut.connect(
        protocols.length === 0 ? ANY_TLS : { ...ANY_TLS, protocols },
      )
      trial.channels.push(channel)
      const chosen = channel.wire.tls?.alpnProtocol ?? null
      const clause = 'wire/rfc9113/alpn'
      const agreed = offered ? chosen === 'h2' : chosen !== 'h2'
      trial.check(clause, agreed, offered ? 'h2' : 'anything but h2', () => String(chosen))
      if (offered) return
      const exchange = await trial.open(http.get('/'), { channel })
      const { http_version: version } = exchange.scope
      trial.check(clause, version === '1.1', 'HTTP/1.1 for a client without h2', () =>
        show(version),
      )
      await exchange.respond({ status: 204 })
      await exchange.response()
    },
  }),
]

/** All keys but those that name the version, the way of framing, and the connection. */
const COMPARED = [
  ['path', 'http/scope/path'],
  ['raw_path', 'http/scope/raw-path'],
  ['query_string', 'http/scope/query-string'],
  ['method', 'http/scope/method'],
  ['root_path', 'http/scope/root-path'],
  ['scheme', 'http/scope/scheme'],
] as const

function judgeScopes(trial: Trial, first: PyDict, second: PyDict): void {
  for (const [key, clause] of COMPARED) {
    const expected = show(first[key])
    trial.check(
      clause,
      show(second[key]) === expected,
      `${key} ${expected}, as over HTTP/1.1`,
      () => show(second[key]),
    )
  }
  const [one, other] = [namedFields(first), namedFields(second)]
  const clause = 'http/scope/headers-as-provided'
  trial.check(clause, one === other, `${one}, as over HTTP/1.1`, () => other)
}

/** By name, since the order of different names is free (www.rst), and without the suite's own. */
function namedFields(scope: PyDict): string {
  const lowered = pairsOf(scope['headers'])
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => name !== MARKER)
  return JSON.stringify(lowered.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

async function judgeContent(trial: Trial, first: Exchange, second: Exchange): Promise<void> {
  const [one, other] = [await first.readBody(), await second.readBody()]
  trial.check(
    'http/receive/body-concatenation',
    one.ended === other.ended && one.body.equals(other.body),
    `${show(one.body)}, ${one.ended}, as over HTTP/1.1`,
    () => `${show(other.body)}, ${other.ended}`,
  )
}

async function judgeAnswers(
  trial: Trial,
  first: Exchange,
  second: Exchange,
  plan: ResponsePlan,
): Promise<void> {
  await first.respond(plan)
  await second.respond(plan)
  const [one, other] = [await first.response(), await second.response()]
  if (one === null || other === null) throw new Abandoned()
  const status = one.status === other.status
  trial.check('http/send/start-status', status, `${one.status}, as over HTTP/1.1`, () =>
    String(other.status),
  )
  const same = one.body.equals(other.body)
  trial.check('http/send/body-concatenated', same, `${show(one.body)}, as over HTTP/1.1`, () =>
    show(other.body),
  )
}
