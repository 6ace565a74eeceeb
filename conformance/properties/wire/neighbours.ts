import fc from 'fast-check'
import { describeRefusal } from '../../testers/attempt.ts'
import { type Channel, MARKER } from '../../testers/channel.ts'
import { type HttpRequest, http, serialize } from '../../testers/request.ts'
import { valuesOf } from '../../testers/response-reader.ts'
import type { Trial } from '../../testers/trial.ts'
import { isBytes, isDict, type PyDict, type PyValue, show } from '../../testers/values.ts'
import { exchangeProperty, type Property } from '../property.ts'

const SEMANTICS = 'http/scope/one-per-request'
const ORDER = 'wire/rfc9112/pipelining-order'

/** Requests that differ in what a server has to note of each: its method, framing, version or options. */
const KINDS = [
  'get',
  'head',
  'options',
  'sized',
  'chunked',
  'trailers',
  'te',
  'expect',
  'persistent',
  'http10',
  'lists',
  'many',
] as const
type Kind = (typeof KINDS)[number]
const kind = fc.constantFrom(...KINDS)
/** A client of HTTP/1.0 has to see that its connection persists before it can use it again. */
const persistent = fc.constantFrom(...KINDS.filter((one) => one !== 'http10'))

/** RFC 9110 §3.3: a request is understood in isolation, whatever its neighbours on the connection are. */
export const neighbours: readonly Property[] = [
  exchangeProperty({
    id: 'http/scope/one-per-request/neighbours',
    law: 'a request means the same behind a request of any other kind as it does alone',
    clauses: [SEMANTICS],
    program: fc.record({ first: kind, second: kind, read: fc.boolean() }),
    async run(trial, { first, second, read }) {
      const alone = await meaning(trial, await trial.connect(), requestOf(second, '/second'), true)
      // What a server takes at all is its own affair.
      if (alone.kind !== 'served') return
      const channel = await trial.connect()
      const ahead = await meaning(trial, channel, requestOf(first, '/first'), read)
      if (ahead.kind !== 'served' || !channel.wire.usable) return
      const behind = await meaning(trial, channel, requestOf(second, '/second'), true)
      // RFC 9112 §9.5: an idle connection may be closed at any time.
      if (behind.kind === 'closed') return
      trial.check(
        SEMANTICS,
        behind.kind === 'served' && behind.told === alone.told,
        `behind ${first}, ${second} as it is alone: ${alone.told}`,
        () => behind.told,
      )
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9112/pipelining-order/neighbours',
    law: 'requests of any kind that arrive together are answered in their order, each once, each its own',
    clauses: [ORDER],
    program: fc.record({
      kinds: fc.array(persistent, { minLength: 2, maxLength: 4 }),
      together: fc.boolean(),
    }),
    async run(trial, { kinds, together }) {
      const channel = await trial.connect()
      const { wire } = channel
      const requests = kinds.map((one, index) =>
        trial.mark(requestOf(one, `/${index}-${one}`), channel),
      )
      for (const { method } of requests) wire.reader.expect(method)
      const bytes = Buffer.concat(requests.map(serialize))
      // Each in a segment of its own, or all in one.
      const ends = requests.map((_, i) => Buffer.concat(requests.slice(0, i).map(serialize)).length)
      await trial.write(channel, bytes, together ? [] : ends)
      for (const request of requests) {
        const answered = wire.response()
        const came = Promise.race([channel.scope(), wire.closed.then(() => null)])
        const scope = await trial.iut.within(came, ORDER, `a scope for ${request.target}`)
        // RFC 9112 §9.3.2: a client sends again what a close has left unanswered.
        if (scope === null) return
        const exchange = trial.hold(request, channel, scope, answered)
        // Whose response it is comes before what it says.
        exchange.misused = true
        const seen = scope.scope['path']
        trial.check(ORDER, seen === request.target, request.target, () => show(seen))
        await exchange.readBody()
        await exchange.respond(answerTo(request.target))
        const response = await exchange.response()
        if (response === null) return
        const answers = valuesOf(response, 'x-answer')
        trial.check(
          ORDER,
          answers.length === 1 && answers[0] === request.target,
          `the response to ${request.target}`,
          () => JSON.stringify(answers),
        )
      }
    },
  }),
]

function requestOf(one: Kind, target: string): HttpRequest {
  const chunked = { framing: 'chunked', chunks: ['one', 'two'], extension: ';a=b' } as const
  switch (one) {
    case 'get':
      return http.get(target)
    case 'head':
      return { ...http.get(target), method: 'HEAD' }
    case 'options':
      return { ...http.get(target), method: 'OPTIONS' }
    case 'sized':
      return http.post(target, 'content')
    case 'chunked':
      return { ...http.post(target, ''), body: chunked }
    case 'trailers':
      return { ...http.post(target, ''), body: { ...chunked, trailers: [['X-Sum', '1']] } }
    case 'te':
      return http.get(target, [
        ['TE', 'trailers'],
        ['Connection', 'TE'],
      ])
    case 'expect':
      return http.post(target, 'expected', [['Expect', '100-continue']])
    case 'persistent':
      return http.get(target, [['Connection', 'keep-alive']])
    case 'http10':
      return { ...http.get(target, [['Connection', 'keep-alive']]), version: '1.0' }
    case 'lists':
      return http.get(target, [
        ['X-One', 'a'],
        ['X-One', 'a'],
        ['X-One', ''],
      ])
    case 'many':
      return http.get(
        target,
        Array.from({ length: 30 }, (_, index) => [`X-${index}`, String(index)] as const),
      )
  }
}

function answerTo(target: string) {
  return {
    status: 200,
    headers: [
      ['content-length', String(target.length)],
      ['x-answer', target],
    ],
    body: [target],
  } as const
}

/** What the application was told of the request, or the client of its refusal. */
type Meaning = { readonly kind: 'served' | 'refused' | 'closed'; readonly told: string }

async function meaning(
  trial: Trial,
  channel: Channel,
  request: HttpRequest,
  read: boolean,
): Promise<Meaning> {
  const { served, refused } = await trial.attempt(request, { channel })
  if (served === null)
    return {
      kind: refused.response === null ? 'closed' : 'refused',
      told: describeRefusal(refused),
    }
  if (read) await served.readBody()
  // A server that closes with content unread may lose its response in the reset.
  else served.misused = true
  await served.respond(answerTo(request.target))
  await served.response()
  return { kind: 'served', told: toldIn(served.scope) }
}

/** All of a scope that the request decides. */
function toldIn(scope: PyDict): string {
  const { method, http_version: version, scheme, path, raw_path: raw, query_string: query } = scope
  const { root_path: root, headers, extensions } = scope
  const fields = Array.isArray(headers) ? headers.filter((pair) => !isMarker(pair)) : []
  const offered = isDict(extensions) ? Object.keys(extensions).toSorted() : []
  const values: (PyValue | undefined)[] = [method, version, scheme, path, raw, query, root, fields]
  return [...values, offered].map((value) => show(value, 4000)).join(' ')
}

function isMarker(pair: PyValue): boolean {
  const [name] = Array.isArray(pair) ? pair : []
  return isBytes(name) && Buffer.from(name).toString('latin1').toLowerCase() === MARKER
}
