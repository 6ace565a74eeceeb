import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http2.ts'
import { FLAG, FRAME, pingFrame } from '../../http2/frame.ts'
import { knock, openHttp2 } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'

const IGNORED = 'wire/rfc9113/reserved-ignored'

/** RFC 9113 §4.1. */
export const reserved: readonly Property[] = [
  http2Property({
    id: IGNORED,
    law: 'what has no meaning in the header of a frame changes nothing: requests, windows and pings are served',
    clauses: [IGNORED],
    enough: 40,
    program: fc.record({
      stray: fc
        .record({ bit: fc.boolean(), flags: fc.boolean(), from: fc.constantFrom(0, 1) })
        .filter(({ bit, flags }) => bit || flags),
      contents: fc.array(fc.constantFrom('', 'content', 'c'.repeat(20_000)), {
        minLength: 1,
        maxLength: 3,
      }),
      framing: arbitrary.headFraming,
    }),
    async run(trial, { stray, contents, framing }) {
      const client = await openHttp2(trial, { stray })
      for (const content of contents) {
        const request = h2.post('/', content === '' ? [] : [content])
        const { served, response } = await knock(trial, client, request, framing)
        trial.check(IGNORED, served !== null, 'a scope', () =>
          response === null ? 'an error of the stream or connection' : `status ${response.status}`,
        )
        if (served === null) return
        await served.exchange.readBody()
        await served.exchange.respond({ status: 200, body: [content, 'ok'] })
        const answered = await served.exchange.response()
        const whole = answered?.body.toString() === `${content}ok`
        trial.check(IGNORED, whole, 'a whole response', () => 'none, or another')
      }
      client.write(pingFrame(Buffer.alloc(8, 7)))
      const pong = (): boolean =>
        client.frames.some(({ type, flags }) => type === FRAME.ping && (flags & FLAG.ack) !== 0)
      await trial.iut.within(
        client.until(() => client.closed || pong()),
        IGNORED,
        'the acknowledgement of PING',
      )
      trial.check(IGNORED, pong(), 'the acknowledgement of PING', () => 'a close')
    },
  }),
]
