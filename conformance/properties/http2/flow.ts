import fc from 'fast-check'
import type { Http2Client } from '../../http2/client.ts'
import type { ClientStream } from '../../http2/client-stream.ts'
import { DEFAULT_WINDOW, LARGEST_WINDOW } from '../../http2/frame.ts'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'

const CLAUSE = 'wire/rfc9113/flow-control'

/** RFC 9113 §5.2: the receiver says how much may come. */
export const flow: readonly Property[] = [
  http2Property({
    id: CLAUSE,
    law: 'a response goes on exactly as far as the windows allow, and arrives whole once they do',
    clauses: [CLAUSE, 'http/send/body-concatenated'],
    program: fc.record({
      window: fc.constantFrom(0, 1, 10, 100, 1000),
      steps: fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 4 }),
      spare: fc.nat(50),
      parts: fc.integer({ min: 1, max: 3 }),
    }),
    async run(trial, { window, steps, spare, parts }) {
      const client = await openHttp2(trial, { initialWindow: window, windows: 'manual' })
      const { exchange, stream } = await serve(trial, client, h2.get('/'))
      const length = window + steps.reduce((sum, step) => sum + step, 0) + spare
      const content = 'abcdefghij'.repeat(Math.ceil(length / 10)).slice(0, length)
      const cut = Math.ceil(length / parts)
      const body = Array.from({ length: parts }, (_, i) => content.slice(i * cut, (i + 1) * cut))
      // A server may let send() wait for the window, so nobody waits for send() here.
      const sending = exchange.respond({ status: 200, body })
      let allowed = window
      await arrive(trial, client, stream, allowed)
      for (const step of steps) {
        client.grant(stream, step)
        allowed += step
        await arrive(trial, client, stream, allowed)
      }
      client.grant(stream, DEFAULT_WINDOW)
      await sending
      const response = await exchange.response('http/send/body-concatenated')
      trial.check(
        'http/send/body-concatenated',
        response?.body.toString('latin1') === content,
        `all ${length} bytes`,
        () => show(response?.body),
      )
    },
  }),
  http2Property({
    id: 'wire/rfc9113/window-overflow/largest',
    law: 'a window may be as large as 2^31-1, of the connection and of a stream',
    clauses: ['wire/rfc9113/window-overflow'],
    enough: 12,
    program: fc.record({
      of: fc.constantFrom('the connection' as const, 'a stream' as const),
      /** The last step to it. */
      step: fc.constantFrom(1, 1000, null),
    }),
    async run(trial, { of, step }) {
      const clause = 'wire/rfc9113/window-overflow'
      const client = await openHttp2(trial, { windows: 'manual' })
      const { exchange, stream } = await serve(trial, client, h2.get('/'))
      const window = of === 'a stream' ? stream : null
      const missing = LARGEST_WINDOW - DEFAULT_WINDOW
      if (step !== null) client.grant(window, missing - step)
      client.grant(window, step ?? missing)
      await trial.iut.settle(2)
      await exchange.respond({ status: 200, body: ['within'] })
      const response = await exchange.response(clause)
      const whole = response?.complete === true
      trial.check(clause, whole, `a response behind a window of ${of} that is the largest`, () =>
        response === null ? 'none' : 'a part of it',
      )
    },
  }),
  http2Property({
    id: 'http/send/http2-large',
    law: 'contents beyond any window flow both ways, on several streams at once',
    clauses: ['http/send/body-concatenated', 'http/receive/body-concatenation', CLAUSE],
    enough: 12,
    program: fc.record({
      kilobytes: fc.constantFrom(100, 200, 400),
      streams: fc.integer({ min: 1, max: 3 }),
      /** The response begins before the content of the request is received. */
      begun: fc.boolean(),
    }),
    async run(trial, { kilobytes, streams, begun }) {
      const client = await openHttp2(trial)
      const content = '0123456789abcdef'.repeat(64 * kilobytes)
      const one = async (turn: number): Promise<void> => {
        const { exchange } = await serve(trial, client, h2.post(`/${turn}`, [content]))
        if (begun) {
          await exchange.send(startMessage({ status: 200 }))
          await exchange.send(bodyMessage(content.slice(0, 16), true))
        }
        const { body, ended } = await exchange.readBody()
        const whole = ended === 'complete' && body.toString('latin1') === content
        trial.check(
          'http/receive/body-concatenation',
          whole,
          `all ${content.length} bytes`,
          () => `${body.length} bytes, ${ended}`,
        )
        if (begun) {
          await exchange.send(bodyMessage(content.slice(16), false))
          await exchange.app.return()
        } else await exchange.respond({ status: 200, body: [content] })
        const response = await exchange.response()
        const back = response?.body.toString('latin1') === content
        trial.check(
          'http/send/body-concatenated',
          back,
          `all ${content.length} bytes`,
          () => `${response?.body.length} bytes`,
        )
      }
      await Promise.all(Array.from({ length: streams }, (_, turn) => one(turn)))
    },
  }),
]

/** Gives as many bytes as are allowed the time to come: a server may wait for a window that is worth it. */
async function arrive(
  trial: Trial,
  client: Http2Client,
  stream: ClientStream,
  allowed: number,
): Promise<void> {
  await trial.iut.cameWithinQuiet(
    client.until(() => stream.assembly.content.length >= allowed || stream.over),
  )
  trial.check(
    CLAUSE,
    stream.assembly.content.length <= allowed,
    `at most ${allowed} bytes`,
    () => `${stream.assembly.content.length}`,
  )
}
