import fc from 'fast-check'
import { binary } from '../../testers/exchange.ts'
import { RemoteScope } from '../../testers/remote-scope.ts'
import { type HttpRequest, http, serialize } from '../../testers/request.ts'
import { handshakeRequest, PLAIN } from '../../websocket/handshake.ts'
import { hold } from '../../websocket/open.ts'
import { BARE, judgeBare } from '../http/surplus.ts'
import { exchangeProperty, type Property } from '../property.ts'

/** Quiet periods that a server is given to answer. */
const PERIODS = 10

const HANDSHAKE = handshakeRequest(PLAIN).headers
const IN_NO_VERSION = HANDSHAKE.map(
  ([name, value]) => [name, name === 'Sec-WebSocket-Version' ? '12' : value] as const,
)

/**
 * What a server may refuse, although each is a message of HTTP/1.1 whose request line says HEAD: octets that are
 * no such message need not be taken for a request of any method.
 */
const FIELDS: Readonly<Record<string, HttpRequest['headers']>> = {
  'no Host': [],
  'two Hosts': [
    ['Host', 'a'],
    ['Host', 'b'],
  ],
  'a coding': [['Transfer-Encoding', 'gzip, chunked']],
  'an expectation': [['Expect', '200-ok']],
  'many fields': Array.from({ length: 300 }, (_, index) => [`X-${index}`, 'v'] as const),
  'a long field': [['X-Long', 'v'.repeat(20_000)]],
  'a handshake': HANDSHAKE,
  'a handshake in no version': IN_NO_VERSION,
}

/** Here the application has been called. */
const UNANSWERED = 'an application that returns without an answer'

/** One place of a server makes each of them. */
const PLACES = ['fields', 'a handshake', UNANSWERED] as const

function placeOf(why: string): (typeof PLACES)[number] {
  if (why === UNANSWERED) return UNANSWERED
  return why.startsWith('a handshake') ? 'a handshake' : 'fields'
}

/** RFC 9110 §9.3.2: "The server MUST NOT send content in the response to HEAD", whoever makes it. */
export const refusedHead: Property = exchangeProperty({
  id: `${BARE}/refused`,
  law: 'what a server answers to HEAD itself, in place of its application, has no content either',
  clauses: [BARE],
  program: fc.record({
    why: fc.constantFrom(...Object.keys(FIELDS), UNANSWERED),
    /** On a connection on which a request has been served. */
    later: fc.boolean(),
  }),
  caseOf: ({ why }) => why,
  families: { names: PLACES, of: ({ why }) => placeOf(why) },
  async run(trial, { why, later }) {
    const channel = await trial.connect()
    const { wire } = channel
    if (later) {
      const before = await trial.open(http.get('/before'), { channel })
      await before.respond({ status: 204 })
      await before.response()
      if (!wire.usable) return
    }
    const request = { ...http.get('/'), method: 'HEAD', headers: FIELDS[why] ?? [] }
    const arrived = channel.scope()
    const answered = wire.response()
    wire.reader.expect(request.method)
    const text = serialize(trial.mark(request, channel)).toString('latin1')
    wire.write(binary(why === 'no Host' ? text.replace(/^Host: .*\r\n/m, '') : text))
    const first = Promise.race([arrived, answered])
    if ((await trial.iut.cameWithinQuiet(first, PERIODS)) && (await first) instanceof RemoteScope) {
      const app = await arrived
      hold(trial, app)
      if (why === UNANSWERED) {
        await app.return()
        await trial.iut.cameWithinQuiet(answered, PERIODS)
      }
    }
    if (wire.received.length === (later ? 1 : 0)) {
      trial.judge.notApplicable(BARE, 'the server does not answer such a request itself')
      return
    }
    await judgeBare(trial, wire)
  },
})
