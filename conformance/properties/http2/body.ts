import fc, { type Arbitrary } from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { headFraming } from '../../arbitraries/http2.ts'
import { ERROR, resetStream } from '../../http2/frame.ts'
import { ask, awaitScope, knock, openHttp2, serve } from '../../http2/open.ts'
import { type Http2Request, h2 } from '../../http2/request.ts'
import { show } from '../../testers/values.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'

const OK = { status: 200, body: ['ok'] }

/** A request whose content is framed in any of the ways that HTTP/2 has. */
const framed: Arbitrary<Http2Request> = fc
  .record({
    content: fc.array(arbitrary.content, { maxLength: 3 }),
    end: fc.constantFrom('last' as const, 'empty-data' as const, 'trailers' as const),
    padding: fc.option(fc.nat(255), { nil: null }),
    sized: fc.boolean(),
    method: fc.constantFrom('POST', 'POST', 'PUT', 'GET'),
  })
  .map(({ content, sized, ...rest }) => {
    const length = String(content.join('').length)
    const fields = sized ? [['content-length', length] as const] : []
    return { ...h2.post('/body', content, fields), ...rest }
  })

/** www.rst, "Request - receive event": content is content, however its DATA frames are cut. */
export const body: readonly Property[] = [
  http2Property({
    id: 'http/receive/http2-content',
    law: 'the DATA frames of a request reach the application as its content, once, in order, whatever the framing',
    clauses: [
      'http/receive/request-event',
      'http/receive/body-bytes',
      'http/receive/body-concatenation',
      'http/receive/more-body',
    ],
    program: fc.record({ request: framed, framing: headFraming }),
    async run(trial, { request, framing: how }) {
      const client = await openHttp2(trial)
      // RFC 9110 §9.3.1: content of a GET may "lead some implementations to reject the request".
      const { served } =
        request.method === 'GET'
          ? await knock(trial, client, request, how)
          : { served: await serve(trial, client, request, how) }
      if (served === null) return
      const { exchange } = served
      const { body: read, ended } = await exchange.readBody()
      const sent = Buffer.from(request.content.join(''), 'latin1')
      trial.check(
        'http/receive/body-concatenation',
        ended === 'complete' && read.equals(sent),
        `${show(sent)}, complete`,
        () => `${show(read)}, ${ended}`,
      )
      await exchange.respond(OK)
      await exchange.response()
    },
  }),
  http2Property({
    id: 'http/receive/http2-unfinished',
    law: 'a request is complete at END_STREAM and not before, and never after RST_STREAM',
    clauses: ['http/receive/more-body', 'http/receive/disconnect-after-stream-lost'],
    enough: 60,
    program: fc.record({
      content: fc.string({ minLength: 1, maxLength: 20, unit: 'binary-ascii' }),
      sized: fc.boolean(),
      reset: fc.boolean(),
      late: fc.boolean(),
    }),
    async run(trial, { content, sized, reset, late }) {
      const fields = sized ? [['content-length', String(content.length + 1)] as const] : []
      const client = await openHttp2(trial)
      const asked = ask(trial, client, h2.post('/', [content], fields))
      await client.sendContent(asked.stream, Buffer.from(content, 'latin1'), false)
      if (!(await trial.iut.cameWithinQuiet(asked.arrived, EARLY_PERIODS))) {
        // To call the application only with the whole content at hand is a server's right.
        trial.judge.notApplicable('http/receive/more-body', 'the server waits for the content')
        return
      }
      const { exchange } = await awaitScope(trial, client, asked)
      exchange.requestComplete = false
      const early = late ? null : exchange.readBody()
      await trial.iut.settle()
      exchange.requestComplete = !reset
      exchange.clientLeft = reset
      exchange.sent = Buffer.from(reset ? content : `${content}!`, 'latin1')
      if (reset) client.write(resetStream(asked.stream.id, ERROR.cancel))
      else await client.sendContent(asked.stream, Buffer.from('!'), true)
      // An application that asks later learns the same.
      if (late) await trial.iut.settle()
      const { ended } = await (early ?? exchange.readBody())
      // A request that is cut short and presented as complete breaks what completes it.
      const broken = reset && ended === 'disconnect'
      trial.check(
        broken ? 'http/receive/disconnect-after-stream-lost' : 'http/receive/more-body',
        ended === (reset ? 'disconnect' : 'complete'),
        reset ? 'http.disconnect' : 'more_body false at END_STREAM',
        () => ended,
      )
      if (reset) await exchange.app.return()
      else await exchange.respond(OK)
      if (!reset) await exchange.response()
    },
  }),
]

/** Quiet periods that a server is given to open a scope before it has the content. */
const EARLY_PERIODS = 10
