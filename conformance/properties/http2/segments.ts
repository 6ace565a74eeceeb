import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import {
  dataFrame,
  encodeFrame,
  type Frame,
  headerFrames,
  PREFACE,
  SETTING,
  settingsFrame,
} from '../../http2/frame.ts'
import { encodeFields } from '../../http2/hpack-encoder.ts'
import { adopt, connectHttp2, describeEnd } from '../../http2/open.ts'
import { fieldsOf, h2 } from '../../http2/request.ts'
import { RemoteScope } from '../../testers/remote-scope.ts'
import { show } from '../../testers/values.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'

const SERVED = 'http/scope/one-per-request'
const CONTENT = 'http/receive/body-concatenation'

/** RFC 9113 §3.4 and §4: a connection is octets, the first 24 of them the preface, then frames. */
export const segments: Property = http2Property({
  id: `${CONTENT}/http2-segments`,
  law: 'a connection of HTTP/2 begins in the same way, and its first request is the same, however its octets are cut into segments',
  clauses: [SERVED, CONTENT],
  enough: 60,
  program: fc.record({
    content: fc.array(fc.string({ maxLength: 20, unit: 'binary-ascii' }), {
      minLength: 1,
      maxLength: 3,
    }),
    /** Octets of the preface that come before the others; null: all come at once. */
    preface: fc.option(fc.integer({ min: 1, max: PREFACE.length }), { nil: null }),
    cuts: arbitrary.cutShares,
  }),
  async run(trial, { content, preface, cuts }) {
    const client = await connectHttp2(trial)
    const { channel } = client
    const request = h2.post('/segments', content)
    const stream = client.stream(request.method)
    const asked = { request, stream, arrived: channel.scopeOf(stream.id) }
    const scheme = trial.iut.secure ? 'https' : 'http'
    const block = encodeFields(fieldsOf(request, scheme, channel.marker(stream.id)))
    const frames: Frame[] = [
      settingsFrame([[SETTING.enablePush, 0]]),
      ...headerFrames(stream.id, block, false),
      ...content.map((piece, index) =>
        dataFrame(stream.id, Buffer.from(piece, 'latin1'), index === content.length - 1),
      ),
    ]
    const bytes = Buffer.concat([PREFACE, ...frames.map(encodeFrame)])
    const own = preface === null ? [] : [preface]
    const edges = [...own, ...arbitrary.cutsOf(cuts, bytes.length)].toSorted((a, b) => a - b)
    await client.behind(() => trial.write(channel, bytes, edges))
    const first = await trial.iut.within(
      Promise.race([asked.arrived, stream.answered]),
      SERVED,
      'a scope for the request',
    )
    const scope = first instanceof RemoteScope ? first : null
    trial.check(SERVED, scope !== null, `a scope, cut at ${edges.join(', ')}`, () =>
      describeEnd(client, stream),
    )
    if (scope === null) return
    const { exchange } = adopt(trial, client, asked, scope)
    const { body, ended } = await exchange.readBody()
    const sent = content.join('')
    trial.check(
      CONTENT,
      ended === 'complete' && body.toString('latin1') === sent,
      `${show(sent)}, complete`,
      () => `${show(body)}, ${ended}`,
    )
    await exchange.respond({ status: 200, body: ['ok'] })
    await exchange.response()
  },
})
