import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { describeRefusal } from '../../testers/attempt.ts'
import type { Exchange, ResponsePlan } from '../../testers/exchange.ts'
import { http, serialize } from '../../testers/request.ts'
import { valuesOf, type WireResponse } from '../../testers/response-reader.ts'
import type { Trial } from '../../testers/trial.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { judgeClose } from './closing.ts'

/** Names that may differ between HEAD and GET: only making the content tells them, or the connection. */
const MAY_DIFFER = new Set([
  'content-length',
  'transfer-encoding',
  'date',
  'connection',
  'keep-alive',
])

/** RFC 9110 §6.2, §8.6 and §9.3.2, RFC 9112 §9.6: what a server adds to the responses of its application. */
export const responses: readonly Property[] = [
  exchangeProperty({
    id: 'wire/rfc9110/response-version',
    law: 'responses are of HTTP/1.1, whatever minor version asked for them',
    clauses: ['wire/rfc9110/response-version', 'wire/rfc9112/no-needless-downgrade'],
    program: fc.record({ version: fc.constantFrom('1.1', '1.0'), plan: arbitrary.responsePlan }),
    async run(trial, { version, plan }) {
      const request = { ...http.get('/'), version }
      const exchange = await trial.open(request, { fresh: version === '1.0' })
      await exchange.respond(plan)
      const response = await exchange.response()
      if (response === null) return
      trial.check(
        version === '1.1' ? 'wire/rfc9112/no-needless-downgrade' : 'wire/rfc9110/response-version',
        response.version === 'HTTP/1.1',
        `HTTP/1.1 in answer to HTTP/${version}`,
        () => response.version,
      )
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9112/self-delimited',
    law: 'a response to HTTP/1.1 says where it ends, so that the connection can be used again, and so that one behind which it closes is known to be whole',
    clauses: [
      'wire/rfc9112/self-delimited',
      'wire/rfc9112/persistent-connections',
      'wire/rfc9112/non-persistent-says-close',
      'wire/rfc9110/content-length-when-known',
    ],
    program: fc.record({
      plan: arbitrary.responsePlan,
      /** What has no content ends with its head. */
      bare: fc.constantFrom<Bare>(null, null, null, 'HEAD', 204, 304),
      /** The client asks for a close behind it. */
      closes: fc.constantFrom(false, false, true),
    }),
    async run(trial, { plan, bare, closes }) {
      const asked = http.get('/', closes ? [['Connection', 'close']] : [])
      const request = { ...asked, method: bare === 'HEAD' ? bare : 'GET' }
      const exchange = await trial.open(request, { fresh: true })
      await exchange.respond(withoutContent(plan, bare))
      const response = await exchange.response()
      if (response === null) return
      const delimited = trial.check(
        'wire/rfc9112/self-delimited',
        response.framing !== 'close',
        'a length or the chunked coding',
        () => 'a response that ends with the connection',
      )
      if (bare === null && (valuesOf(response, 'content-length').length > 0 || given(plan)))
        trial.check(
          'wire/rfc9110/content-length-when-known',
          response.framing !== 'close',
          'Content-Length, or the chunked coding, for a content whose length the application gave',
          () => 'neither',
        )
      if (!delimited || closes) return
      const next = await trial.attempt(http.get('/next'), { channel: exchange.channel })
      trial.check(
        'wire/rfc9112/persistent-connections',
        next.served !== null,
        'another request served on the connection',
        () => 'a close',
      )
      trial.check(
        'wire/rfc9112/non-persistent-says-close',
        next.served !== null || valuesOf(response, 'connection').some(isClose),
        'a connection that persists, or the close option in the response',
        () => 'neither',
      )
      if (next.served === null) return
      await next.served.respond(plan)
      await next.served.response()
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9110/head-content-length',
    law: 'HEAD is answered with the fields of GET, and with its length or none',
    clauses: [
      'wire/rfc9110/head-content-length',
      'wire/rfc9110/head-same-fields',
      'wire/rfc9110/get-and-head',
    ],
    program: fc.record({
      path: arbitrary.path,
      plan: arbitrary.responsePlan,
      /** The application sends no content for HEAD, as one that knows what it is asked may. */
      omits: fc.boolean(),
    }),
    async run(trial, { path, plan, omits }) {
      const request = http.get(path)
      const whole = await answered(trial, await trial.open(request), plan)
      const { served, refused } = await trial.attempt({ ...request, method: 'HEAD' })
      if (served === null) {
        trial.check('wire/rfc9110/get-and-head', false, 'a scope for HEAD, as for GET', () =>
          describeRefusal(refused),
        )
        return
      }
      const announced = plan.headers?.some(([name]) => name === 'content-length') === true
      const bare = omits && announced ? { ...plan, body: [] } : plan
      const head = await answered(trial, served, bare)
      if (whole === null || head === null) return
      const supported = head.status === whole.status
      const expected = `status ${whole.status}, as for GET`
      trial.check('wire/rfc9110/get-and-head', supported, expected, () => `status ${head.status}`)
      const lengths = valuesOf(head, 'content-length')
      trial.check(
        'wire/rfc9110/head-content-length',
        lengths.every((length) => length === String(whole.body.length)),
        `Content-Length: ${whole.body.length}, or none`,
        () => `Content-Length: ${lengths.join(', ')}`,
      )
      trial.check(
        'wire/rfc9110/head-same-fields',
        fields(head) === fields(whole),
        fields(whole),
        () => fields(head),
      )
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9112/sent-close-honoured',
    law: 'after a response in which the application says close, the server closes and serves nothing more',
    clauses: ['wire/rfc9112/sent-close-honoured'],
    program: fc.record({
      option: fc.constantFrom('close', 'Close', 'x-other, close', 'close, x-other'),
      plan: arbitrary.responsePlan,
      /** No request comes before the response that says close. */
      alone: fc.boolean(),
    }),
    async run(trial, { option, plan, alone }) {
      const clause = 'wire/rfc9112/sent-close-honoured'
      const exchange = await trial.open(http.get('/'), { fresh: true })
      const { channel } = exchange
      if (!alone) channel.wire.write(serialize(trial.mark(http.get('/after-close'), channel)))
      await exchange.respond({
        ...plan,
        headers: [...(plan.headers ?? []), ['connection', option]],
      })
      const response = await exchange.response()
      const said = response !== null && valuesOf(response, 'connection').some(isClose)
      // A server that leaves the field out has not sent the option.
      if (response !== null && !said) return
      await judgeClose(trial, channel, clause)
      trial.check(
        clause,
        channel.scopes.length === 1,
        'no further request on the connection',
        () => 'a request served behind the response that says close',
      )
    },
  }),
]

type Bare = 'HEAD' | 204 | 304 | null

/** An application sends no content for HEAD either. */
function withoutContent(plan: ResponsePlan, bare: Bare): ResponsePlan {
  if (bare === null) return plan
  return bare === 'HEAD' ? { ...plan, body: [] } : { status: bare }
}

function given({ headers = [] }: ResponsePlan): boolean {
  return headers.some(([name]) => name.toLowerCase() === 'content-length')
}

async function answered(
  trial: Trial,
  exchange: Exchange,
  plan: Parameters<Exchange['respond']>[0],
): Promise<WireResponse | null> {
  await exchange.respond(plan)
  const response = await exchange.response()
  if (response === null) trial.spoil()
  return response
}

function isClose(value: string): boolean {
  return /\bclose\b/i.test(value)
}

/** The names of a response that do not depend on its content, in order. */
function fields(response: WireResponse): string {
  const names = response.headers.map(([name]) => name.toLowerCase())
  return names
    .filter((name) => !MAY_DIFFER.has(name))
    .toSorted()
    .join(', ')
}
