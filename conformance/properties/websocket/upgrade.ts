import fc from 'fast-check'
import { binary } from '../../testers/exchange.ts'
import { type HttpRequest, serialize } from '../../testers/request.ts'
import { valuesOf } from '../../testers/response-reader.ts'
import { handshakeRequest, PLAIN } from '../../websocket/handshake.ts'
import { adopt, hold, knock } from '../../websocket/open.ts'
import { exchangeProperty, type Property } from '../property.ts'

const needs = ['http/1.1', 'websocket'] as const

const REQUIRED = 'wire/rfc9110/426-upgrade-field'
/** RFC 9110 §7.8: "A sender of Upgrade MUST also send an "Upgrade" connection option". */
const OPTION = 'wire/rfc9110/upgrade-connection-option'

/** RFC 9110 §7.8 and §15.5.22: the Upgrade field, as WebSocket uses it. */
export const upgrade: readonly Property[] = [
  exchangeProperty({
    id: 'wire/rfc9110/upgrade-case-insensitive',
    law: 'the names in Upgrade and Connection mean WebSocket in whatever case they come',
    clauses: ['wire/rfc9110/upgrade-case-insensitive', 'wire/rfc9110/upgrade-in-101'],
    needs,
    program: fc.record({
      protocol: fc.constantFrom('websocket', 'WebSocket', 'WEBSOCKET', 'webSocket'),
      option: fc.constantFrom('Upgrade', 'upgrade', 'keep-alive, Upgrade'),
    }),
    async run(trial, { protocol, option }) {
      const clause = 'wire/rfc9110/upgrade-case-insensitive'
      const request = withFields(handshakeRequest(PLAIN), { Upgrade: protocol, Connection: option })
      const answer = await knock(trial, request)
      const type = answer.scope?.type ?? 'none'
      trial.check(clause, type === 'websocket', 'a websocket scope', () => `scope: ${type}`)
      if (answer.scope === null) return
      if (type !== 'websocket') {
        hold(trial, answer.scope)
        return
      }
      const exchange = adopt(trial, request, answer)
      await exchange.connect()
      await exchange.accept()
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9110/upgrade-after-100',
    law: 'a client that offers an upgrade and waits for 100 gets no 101 before the 100',
    clauses: ['wire/rfc9110/upgrade-after-100'],
    needs,
    program: fc.record({ content: fc.constantFrom('x', 'hello') }),
    async run(trial, { content }) {
      const clause = 'wire/rfc9110/upgrade-after-100'
      const plain = handshakeRequest({ ...PLAIN, headers: [['Expect', '100-continue']] })
      const request = { ...plain, body: { framing: 'content-length' as const, content } }
      const channel = await trial.connect()
      const bytes = serialize(trial.mark(request, channel))
      channel.wire.reader.expect('GET')
      const arrived = channel.scope()
      const answered = channel.wire.response()
      channel.wire.write(bytes.subarray(0, bytes.length - content.length))
      const served = await trial.iut.cameWithinQuiet(Promise.race([arrived, answered]), PERIODS)
      const scope = channel.scopes[0]
      if (scope?.type === 'websocket') {
        hold(trial, scope)
        void scope.receive().catch(() => undefined)
        void scope.send({ type: 'websocket.accept' }).catch(() => undefined)
      } else if (scope !== undefined) hold(trial, scope)
      if (served) await trial.iut.cameWithinQuiet(answered, PERIODS)
      const head = channel.wire.reader.currentInterim
      const switched = heard(channel.wire.events).includes('HTTP/1.1 101')
      const invited = heard(channel.wire.events).includes('HTTP/1.1 100')
      trial.check(
        clause,
        !switched || invited,
        'no 101, or a 100 before it',
        () => `a 101 behind ${head.length} interim responses`,
      )
      channel.wire.write(binary(content))
    },
  }),
  exchangeProperty({
    id: REQUIRED,
    law: 'a refusal with 426 names the protocol to upgrade to, and the option in Connection that goes with the name',
    clauses: [REQUIRED, OPTION],
    needs,
    program: fc.oneof(
      fc.record({ version: fc.constantFrom('12', '8', '0', '99') }),
      fc.record({ protocols: fc.constantFrom('example/1', 'websocket', 'h2c') }),
    ),
    async run(trial, program) {
      const plain = handshakeRequest(PLAIN)
      const request =
        'version' in program
          ? withFields(plain, { 'Sec-WebSocket-Version': program.version })
          : { ...plain, headers: [['Upgrade', program.protocols] as const, ...plain.headers] }
      const answer = await knock(trial, request)
      if (answer.scope !== null) hold(trial, answer.scope)
      const response = answer.scope === null ? answer.response : null
      const named = response === null ? [] : valuesOf(response, 'upgrade')
      if (response?.status === 426)
        trial.check(
          REQUIRED,
          named.some((value) => /websocket/i.test(value)),
          'Upgrade: websocket',
          () => `Upgrade: ${named.join(', ') || '(absent)'}`,
        )
      else trial.judge.notApplicable(REQUIRED, 'the server does not answer with 426')
      if (response === null || named.length === 0) return
      const options = valuesOf(response, 'connection').join(', ')
      trial.check(
        OPTION,
        /(^|[\s,])upgrade([\s,]|$)/i.test(options),
        'the option "upgrade" in Connection, beside Upgrade',
        () => `status ${response.status}, Connection: ${options || '(absent)'}`,
      )
    },
  }),
]

/** Quiet periods that a server is given to answer the head alone. */
const PERIODS = 6

function withFields(request: HttpRequest, fields: Readonly<Record<string, string>>): HttpRequest {
  const headers = request.headers.map(([name, value]) => [name, fields[name] ?? value] as const)
  return { ...request, headers }
}

function heard(events: readonly { readonly direction: string; readonly bytes: Buffer }[]): string {
  const bytes = events.filter(({ direction }) => direction === 'in').map((event) => event.bytes)
  return Buffer.concat(bytes).toString('latin1')
}
