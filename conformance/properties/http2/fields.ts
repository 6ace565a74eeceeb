import fc from 'fast-check'
import { fieldValue } from '../../arbitraries/http.ts'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { binary, bodyMessage, startMessage } from '../../testers/exchange.ts'
import type { Outcome } from '../../testers/remote-scope.ts'
import { valuesOf } from '../../testers/response-reader.ts'
import { isDict, type Message, type PyDict, show } from '../../testers/values.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'

/** docs/extensions.rst over HTTP/2: fields behind the content, and hints before it. */
export const fieldExtensions: readonly Property[] = [
  http2Property({
    id: 'wire/rfc9113/trailers-end-stream',
    law: 'trailers of the application follow the content and end the stream, for a client that takes them',
    clauses: [
      'wire/rfc9113/trailers-end-stream',
      'http/send/trailers-awaited',
      'extension/trailers/headers',
      'extension/trailers/announced',
      'extension/trailers/only-with-te',
    ],
    // Some servers have trailers over this version of HTTP alone.
    needs: ['http/2/trailers'],
    enough: 40,
    program: fc.record({
      value: fieldValue,
      asked: fc.boolean(),
      content: fc.string({ maxLength: 10, unit: 'binary-ascii' }),
      /** Its length is told: the last octet of the content is not the end all the same. */
      sized: fc.boolean(),
    }),
    async run(trial, { value, asked, content, sized }) {
      const client = await openHttp2(trial)
      const te = asked ? [['te', 'trailers'] as const] : []
      const { exchange } = await serve(trial, client, h2.get('/', te))
      const announced = extensionOf(exchange.scope, 'http.response.trailers')
      if (asked) {
        trial.check('extension/trailers/announced', announced, 'http.response.trailers', () =>
          show(exchange.scope['extensions']),
        )
      }
      const headers = sized ? [['content-length', String(content.length)] as const] : []
      await exchange.send({ ...startMessage({ status: 200, headers }), trailers: true })
      await exchange.send(bodyMessage(content, false))
      const waiting = exchange.response()
      const early = await trial.iut.cameWithinQuiet(waiting)
      trial.check(
        'http/send/trailers-awaited',
        !early,
        'a stream that waits for the trailers',
        () => 'a complete response',
      )
      await exchange.send({
        type: 'http.response.trailers',
        headers: [[binary('x-sum'), binary(value)]],
      })
      await exchange.app.return()
      const response = await waiting
      const seen = (response?.trailers ?? []).filter(([name]) => name === 'x-sum')
      const same = JSON.stringify(seen) === JSON.stringify(asked ? [['x-sum', value]] : [])
      trial.check(
        asked ? 'extension/trailers/headers' : 'extension/trailers/only-with-te',
        same,
        asked ? `x-sum: ${value}` : 'no trailers',
        () => JSON.stringify(seen),
      )
      // What is not announced, an application does not send: then what becomes of it is nobody's law.
      if (!announced) exchange.misused = true
      const ended = response?.complete === true || !announced
      trial.check('wire/rfc9113/trailers-end-stream', ended, 'END_STREAM', () => 'no end')
    },
  }),
  http2Property({
    id: 'extension/early-hint/http2',
    law: 'each early hint becomes a 103 with its links, before the final response',
    clauses: [
      'extension/early-hint/announced',
      'extension/early-hint/time',
      'extension/early-hint/attempted',
      'wire/rfc9113/status-pseudo-header',
    ],
    needs: ['extension/http.response.early_hint'],
    enough: 40,
    program: fc.record({
      hints: fc.array(
        fc.array(fc.constantFrom('</a.css>; rel=preload', '</b.js>; rel=preload; as=script'), {
          minLength: 1,
          maxLength: 2,
        }),
        { minLength: 1, maxLength: 3 },
      ),
      late: fc.boolean(),
    }),
    async run(trial, { hints, late }) {
      const client = await openHttp2(trial)
      const { exchange } = await serve(trial, client, h2.get('/'))
      const announced = extensionOf(exchange.scope, 'http.response.early_hint')
      trial.check('extension/early-hint/announced', announced, 'http.response.early_hint', () =>
        show(exchange.scope['extensions']),
      )
      await exchange.send(startMessage({ status: 200 }))
      const sent: Outcome[] = []
      for (const links of hints) sent.push(await exchange.send(hintMessage(links)))
      if (late) {
        // Between two messages of content a hint is still accepted, and too late to be sent.
        await exchange.send(bodyMessage('be', true))
        sent.push(await exchange.send(hintMessage(['</late.css>; rel=preload'])))
      }
      trial.check(
        'extension/early-hint/time',
        sent.every(({ raised }) => raised === null),
        'hints accepted from the start to the last body message',
        () => show(sent.find(({ raised }) => raised !== null)?.raised?.text),
      )
      await exchange.send(bodyMessage('gun', false))
      await exchange.app.return()
      const response = await exchange.response()
      const seen = (response?.interim ?? []).map((head) => [head.status, valuesOf(head, 'link')])
      trial.check(
        'extension/early-hint/attempted',
        JSON.stringify(seen) === JSON.stringify(hints.map((links) => [103, links])),
        `103 with ${JSON.stringify(hints)}`,
        () => JSON.stringify(seen),
      )
      const content = late ? 'begun' : 'gun'
      trial.check(
        'http/send/completes',
        response?.complete === true && response.body.toString('latin1') === content,
        show(content),
        () => show(response?.body),
      )
    },
  }),
]

function hintMessage(links: readonly string[]): Message {
  return { type: 'http.response.early_hint', links: links.map(binary) }
}

export function extensionOf({ extensions }: PyDict, name: string): boolean {
  return isDict(extensions) && isDict(extensions[name])
}
