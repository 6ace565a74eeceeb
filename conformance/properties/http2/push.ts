import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import type { Http2Client } from '../../http2/client.ts'
import type { ClientStream, Promised } from '../../http2/client-stream.ts'
import { openHttp2, serve } from '../../http2/open.ts'
import { askedRequest, h2 } from '../../http2/request.ts'
import { MARKER } from '../../testers/channel.ts'
import { binary, bodyMessage, type Exchange, startMessage } from '../../testers/exchange.ts'
import type { Outcome } from '../../testers/remote-scope.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import type { Property } from '../property.ts'
import { extensionOf } from './fields.ts'
import { http2Property } from './property.ts'

const EXTENSION = 'http.response.push'
const ON_CLIENT_STREAM = 'wire/rfc9113/push-on-client-stream'

/** docs/extensions.rst, "HTTP/2 Server Push". */
export const push: readonly Property[] = [
  http2Property({
    id: 'extension/push/attempted',
    law: 'a push becomes a promise on the stream that caused it, answered by a new call of the application',
    clauses: [
      'extension/push/announced',
      'extension/push/attempted',
      'extension/push/time',
      'extension/push/path',
      'extension/push/new-instance',
      'extension/push/authority',
      ON_CLIENT_STREAM,
    ],
    needs: ['extension/http.response.push'],
    program: fc.record({
      path: arbitrary.word,
      letter: fc.oneof(
        arbitrary.character.filter((text) => !'?#'.includes(text)),
        // Decoded as it is, it is no escape.
        fc.constantFrom('%', '%20', '#'),
      ),
      value: arbitrary.word,
      late: fc.boolean(),
      authority: fc.constantFrom('assay.test', 'assay.test:8443'),
      /** The promised request pushes in its turn. */
      again: fc.boolean(),
    }),
    async run(trial, { path, letter, value, late, authority, again }) {
      const client = await openHttp2(trial, { push: true })
      const { exchange, stream } = await serve(trial, client, { ...h2.get('/'), authority })
      const announced = extensionOf(exchange.scope, EXTENSION)
      trial.check('extension/push/announced', announced, EXTENSION, () =>
        show(exchange.scope['extensions']),
      )
      await exchange.send(startMessage({ status: 200 }))
      if (late) await exchange.send(bodyMessage('begun', true))
      // The first promise of a connection is stream 2 (RFC 9113 §5.1.1).
      const arrived = client.channel.scopeOf(2)
      const target = `/${path}${letter}`
      const marker = client.channel.marker(2)
      const sent = await pushed(exchange, target, [
        ['x-push', value],
        [MARKER, marker],
      ])
      trial.check('extension/push/time', sent.raised === null, 'a push accepted', () =>
        show(sent.raised?.text),
      )
      const attempted = 'extension/push/attempted'
      await trial.iut.within(
        client.until(() => stream.promises.length > 0 || stream.over),
        attempted,
        'PUSH_PROMISE',
      )
      const [promise] = stream.promises
      const held = promise !== undefined
      if (!trial.check(attempted, held, 'PUSH_PROMISE', () => 'the end of the stream')) return
      if (promise === undefined) return
      judgePromise(trial, promise, target, authority)
      const scope = await trial.iut.within(
        arrived,
        'extension/push/new-instance',
        'a scope for the promised request',
      )
      const own = trial.hold(
        askedRequest(h2.get(target)),
        client.channel,
        scope,
        promise.stream.answered,
      )
      judgeInstance(trial, own, target)
      // "treat it as if the client had made a request": one without content, which is complete.
      const { body, ended } = await own.readBody('extension/push/new-instance')
      trial.check(
        'extension/push/new-instance',
        ended === 'complete' && body.length === 0,
        'a complete request without content',
        () => `${show(body)}, ${ended}`,
      )
      if (again) await pushAgain(own)
      await own.respond({ status: 200, body: [value] })
      const response = await own.response('extension/push/new-instance')
      trial.check(
        'extension/push/new-instance',
        response?.complete === true && response.body.toString('latin1') === value,
        `a response with ${show(value)} on the promised stream`,
        () => show(response?.body),
      )
      judgeAgain(trial, promise.stream)
      await exchange.send(bodyMessage('done', false))
      await exchange.app.return()
      await exchange.response()
    },
  }),
  http2Property({
    id: 'wire/rfc9113/push-only-if-enabled',
    law: 'a client that disabled push is never promised anything, whatever the application sends',
    clauses: ['wire/rfc9113/push-only-if-enabled'],
    enough: 20,
    program: fc.record({ path: arbitrary.word }),
    async run(trial, { path }) {
      const client = await openHttp2(trial)
      const { exchange } = await serve(trial, client, h2.get('/'))
      exchange.misused = true
      await exchange.send(startMessage({ status: 200 }))
      await pushed(exchange, `/${path}`, [])
      await exchange.send(bodyMessage('done', false))
      await exchange.app.return()
      await exchange.response()
      judgeUnasked(trial, client)
    },
  }),
]

function pushed(
  exchange: Exchange,
  path: string,
  headers: readonly (readonly [string, string])[],
): Promise<Outcome> {
  return exchange.send({
    type: EXTENSION,
    path,
    headers: headers.map(([name, value]) => [binary(name), binary(value)]),
  })
}

/** Before its own response begins: a server that takes the message may act on it in time. */
async function pushAgain(own: Exchange): Promise<void> {
  own.misused = true
  await pushed(own, '/again', [])
}

/** Whether it is an error to ask for it, nothing says. */
function judgeAgain(trial: Trial, { id, promises }: ClientStream): void {
  trial.check(
    ON_CLIENT_STREAM,
    promises.length === 0,
    'no PUSH_PROMISE on a promised stream',
    () => `PUSH_PROMISE on stream ${id}`,
  )
}

function judgePromise(trial: Trial, { fields }: Promised, path: string, authority: string): void {
  const told = new Map(fields)
  trial.check(
    'extension/push/authority',
    told.get(':authority') === authority,
    `:authority ${authority}, as of the request that caused it`,
    () => show(told.get(':authority')),
  )
  const encoded = told.get(':path') ?? ''
  // RFC 9113 §8.3.1: the :path of a request has no fragment, so that a # in it is escaped.
  const expected = `:path ${encodeURI(path).replaceAll('#', '%23')}`
  const held = decoded(encoded) === path && !encoded.includes('#')
  trial.check('extension/push/path', held, expected, () => show(encoded))
}

/** Null where the escapes are no UTF-8. */
function decoded(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return null
  }
}

function judgeInstance(trial: Trial, { scope }: Exchange, path: string): void {
  const seen = { method: scope['method'], path: scope['path'], type: scope['type'] }
  trial.check(
    'extension/push/new-instance',
    seen.type === 'http' && seen.method === 'GET' && seen.path === path,
    `an http scope of GET ${show(path)}`,
    () => show(scope),
  )
}

function judgeUnasked(trial: Trial, client: Http2Client): void {
  // What a promise would be is noted as it comes; here it is counted that none came.
  const promises = Array.from(client.streams.values()).flatMap((stream) => stream.promises)
  trial.check(
    'wire/rfc9113/push-only-if-enabled',
    promises.length === 0,
    'no PUSH_PROMISE',
    () => `${promises.length} of them`,
  )
}
