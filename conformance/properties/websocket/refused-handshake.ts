import fc, { type Arbitrary } from 'fast-check'
import type { HttpRequest } from '../../testers/request.ts'
import { type ResponseHead, valuesOf, type WireResponse } from '../../testers/response-reader.ts'
import type { Trial } from '../../testers/trial.ts'
import { describeAnswer } from '../../websocket/exchange.ts'
import { handshakeRequest, PLAIN } from '../../websocket/handshake.ts'
import { adopt, hold, knock } from '../../websocket/open.ts'
import { exchangeProperty, type Property } from '../property.ts'

type Change = (request: HttpRequest) => HttpRequest

function withHeader(name: string, ...values: readonly string[]): Change {
  return (request) => ({
    ...request,
    headers: request.headers.flatMap(([key, value]) =>
      key === name ? values.map((other) => [key, other] as const) : [[key, value] as const],
    ),
  })
}

/** Keys that are wrong without decoding, which a server need not do (§4.2.2). */
const badKey: Arbitrary<{ kind: string; values: string[] }> = fc.constantFrom(
  { kind: 'no key', values: [] },
  { kind: 'an empty key', values: [''] },
  { kind: 'two keys', values: ['AAAAAAAAAAAAAAAAAAAAAA==', 'BBBBBBBBBBBBBBBBBBBBBA=='] },
)

const ANSWERED = 'wire/rfc6455/handshake-answered'

/** RFC 6455 §4.2.1: what is no handshake is never completed as one, whatever the application says. */
export const refusedHandshake: readonly Property[] = [
  exchangeProperty({
    id: 'wire/rfc6455/handshake-key',
    law: 'a handshake without one proper key is not completed',
    clauses: ['wire/rfc6455/handshake-key'],
    needs: ['websocket'],
    program: badKey,
    families: {
      names: ['no key', 'two keys'],
      of: ({ kind }) => (kind === 'two keys' ? kind : 'no key'),
    },
    async run(trial, { values }) {
      const request = withHeader('Sec-WebSocket-Key', ...values)(handshakeRequest(PLAIN))
      await judgeRefusal(trial, request, 'wire/rfc6455/handshake-key')
    },
  }),
  exchangeProperty({
    id: 'wire/rfc6455/handshake-invalid',
    law: 'a handshake that names no version is not completed',
    clauses: ['wire/rfc6455/handshake-invalid'],
    needs: ['websocket'],
    enough: 2,
    // §4.2.1, the sixth part: "A Sec-WebSocket-Version header field, with a value of 13".
    program: fc.constantFrom<string[]>([], ['']),
    async run(trial, versions) {
      const request = withHeader('Sec-WebSocket-Version', ...versions)(handshakeRequest(PLAIN))
      await judgeRefusal(trial, request, 'wire/rfc6455/handshake-invalid')
    },
  }),
  exchangeProperty({
    id: 'wire/rfc6455/handshake-odd-subprotocols',
    law: 'a handshake whose list of subprotocols is odd is completed or refused, and always answered',
    clauses: [ANSWERED],
    needs: ['websocket'],
    program: fc.constantFrom('\xe9', 'a, \xff', 'a b', '', ',', 'a,,b', '"a"', 'a'.repeat(2000)),
    async run(trial, subprotocols) {
      const { headers, ...rest } = handshakeRequest(PLAIN)
      const offer = ['Sec-WebSocket-Protocol', subprotocols] as const
      const answer = await knock(trial, { ...rest, headers: [...headers, offer] })
      if (answer.scope !== null && answer.scope.type !== 'websocket') {
        hold(trial, answer.scope)
        return
      }
      const response =
        answer.scope === null
          ? answer.response
          : await offerAccept(trial, { ...rest, headers: [...headers, offer] }, answer, ANSWERED)
      trial.check(ANSWERED, response !== null, 'an HTTP response', () => describeAnswer(response))
    },
  }),
  exchangeProperty({
    id: 'wire/rfc6455/handshake-get',
    law: 'a handshake with another method, or of HTTP/1.0, is not completed',
    clauses: ['wire/rfc6455/handshake-get'],
    needs: ['websocket'],
    program: fc.constantFrom(
      { method: 'POST', version: '1.1' as const },
      { method: 'PUT', version: '1.1' as const },
      { method: 'HEAD', version: '1.1' as const },
      { method: 'GET', version: '1.0' as const },
    ),
    async run(trial, { method, version }) {
      const request = { ...handshakeRequest(PLAIN), method, version }
      await judgeRefusal(trial, request, 'wire/rfc6455/handshake-get')
    },
  }),
  exchangeProperty({
    id: 'wire/rfc6455/version-unsupported',
    law: 'a handshake of a version that never was is refused, and the answer lists the versions that work',
    clauses: ['wire/rfc6455/version-unsupported', 'wire/rfc6455/versions-listed'],
    needs: ['websocket'],
    program: fc.constantFrom('0', '1', '9', '12', '14', '99', '255'),
    async run(trial, version) {
      const request = withHeader('Sec-WebSocket-Version', version)(handshakeRequest(PLAIN))
      const refusal = await judgeRefusal(trial, request, 'wire/rfc6455/version-unsupported')
      if (refusal !== null) judgeListed(trial, refusal)
    },
  }),
]

/** RFC 6455 §4.2.2: the refusal of a version says which are understood. */
export function judgeListed(trial: Trial, refusal: ResponseHead): void {
  const listed = valuesOf(refusal, 'sec-websocket-version').join(', ')
  trial.check(
    'wire/rfc6455/versions-listed',
    /(^|[\s,])13([\s,]|$)/.test(listed),
    'Sec-WebSocket-Version with 13 among its values',
    () => `status ${refusal.status}, Sec-WebSocket-Version: ${listed}`,
  )
}

/**
 * The application is willing; the server must not be. Returns the error response of a server that took
 * the request for a handshake; null where it served it as an ordinary request, ignoring the upgrade.
 */
async function judgeRefusal(
  trial: Trial,
  request: HttpRequest,
  clause: string,
): Promise<WireResponse | null> {
  const answer = await knock(trial, request)
  const response =
    answer.scope === null
      ? answer.response
      : answer.scope.type === 'websocket'
        ? await offerAccept(trial, request, answer, clause)
        : undefined
  if (answer.scope !== null && response === undefined) hold(trial, answer.scope)
  trial.check(clause, response?.status !== 101, 'no 101', () => describeAnswer(response))
  return response ?? null
}

async function offerAccept(
  trial: Trial,
  request: HttpRequest,
  answer: Parameters<typeof adopt>[2],
  clause: string,
): Promise<WireResponse | null> {
  const exchange = adopt(trial, request, answer)
  exchange.misused = true
  await exchange.connect()
  await exchange.send({ type: 'websocket.accept' })
  return await exchange.response(clause)
}
