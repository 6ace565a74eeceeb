import fc from 'fast-check'
import * as http from '../../arbitraries/http.ts'
import * as arbitrary from '../../arbitraries/websocket.ts'
import { inOrder, type Line } from '../../judge/order.ts'
import { binary } from '../../testers/exchange.ts'
import { valuesOf } from '../../testers/response-reader.ts'
import { claimedVersion, claims } from '../../testers/spec-version.ts'
import type { Trial } from '../../testers/trial.ts'
import type { Message } from '../../testers/values.ts'
import { describeAnswer, type WebSocketExchange } from '../../websocket/exchange.ts'
import { PLAIN } from '../../websocket/handshake.ts'
import { openWebSocket } from '../../websocket/open.ts'
import { exchangeProperty, type Property } from '../property.ts'

/** www.rst, "Accept - send event", and "Close - send event" before it. */
export const answer: readonly Property[] = [
  exchangeProperty({
    id: 'websocket/accept/subprotocol',
    law: 'the handshake response names the subprotocol that the application accepts, and none otherwise',
    clauses: [
      'websocket/accept/subprotocol',
      'wire/rfc6455/subprotocol-from-offer',
      'wire/rfc6455/no-subprotocol-no-field',
    ],
    needs: ['websocket'],
    program: fc.record({
      names: fc.uniqueArray(arbitrary.subprotocol, { maxLength: 5 }),
      pick: fc.option(fc.nat(4), { nil: null }),
      explicit: fc.boolean(),
    }),
    families: {
      names: ['nothing offered', 'none chosen', 'chosen'],
      of: ({ names, pick }) =>
        names.length === 0 ? 'nothing offered' : pick === null ? 'none chosen' : 'chosen',
    },
    async run(trial, { names, pick, explicit }) {
      const chosen = pick === null || names.length === 0 ? null : names[pick % names.length]
      const exchange = await openWebSocket(trial, {
        ...PLAIN,
        subprotocols: names.length === 0 ? [] : [names],
      })
      await exchange.connect()
      const keys: Message =
        typeof chosen === 'string' ? { subprotocol: chosen } : explicit ? { subprotocol: null } : {}
      const named = valuesOf(await exchange.accept(keys), 'sec-websocket-protocol')
      const observed = (): string => JSON.stringify(named)
      if (typeof chosen === 'string') {
        const same = named.length === 1 && named[0] === chosen
        trial.check('websocket/accept/subprotocol', same, JSON.stringify(chosen), observed)
        trial.check(
          'wire/rfc6455/subprotocol-from-offer',
          named.every((name) => names.includes(name)),
          `one of ${JSON.stringify(names)}`,
          observed,
        )
      } else {
        const none = named.length === 0
        trial.check('wire/rfc6455/no-subprotocol-no-field', none, 'no such field', observed)
      }
    },
  }),
  exchangeProperty({
    id: 'websocket/accept/headers',
    law: 'the headers of websocket.accept are in the handshake response, in order, duplicates kept, whatever else was agreed on',
    clauses: [
      'websocket/accept/headers',
      'websocket/accept/headers-in-order',
      'asgi/error/additional-keys-accepted',
    ],
    needs: ['websocket'],
    program: fc.record({
      headers: http.responseFields,
      more: fc.boolean(),
      subprotocol: fc.constantFrom(null, 'chat'),
      extensions: fc.constantFrom([], ['permessage-deflate']),
    }),
    async run(trial, { headers, more, subprotocol, extensions }) {
      const subprotocols = subprotocol === null ? [] : [[subprotocol]]
      const exchange = await openWebSocket(trial, { ...PLAIN, subprotocols, extensions })
      await exchange.connect()
      const response = await exchange.accept({
        ...(subprotocol === null ? {} : { subprotocol }),
        headers: headers.map(([name, value]) => [binary(name), binary(value)]),
        ...(more ? { 'x-assay': 'a key that no version of the specification has' } : {}),
      })
      if (more) trial.check('asgi/error/additional-keys-accepted', true, '', () => '')
      if (!takesHeaders(trial, exchange, HEADERS)) return
      const names = new Set(headers.map(([name]) => name))
      const kept = response.headers
        .map(([name, value]) => [name.toLowerCase(), value] as const)
        .filter(([name]) => names.has(name))
      trial.check(
        'websocket/accept/headers',
        JSON.stringify(kept.toSorted(byLine)) === JSON.stringify(headers.toSorted(byLine)),
        JSON.stringify(headers),
        () => JSON.stringify(kept),
      )
      trial.check(
        'websocket/accept/headers-in-order',
        inOrder(kept, headers),
        JSON.stringify(headers),
        () => JSON.stringify(kept),
      )
    },
  }),
  exchangeProperty({
    id: 'websocket/accept/headers-bytes-exact',
    law: 'octets above ASCII in a header of websocket.accept reach the client as they are, or are refused',
    clauses: ['websocket/accept/headers-bytes-exact'],
    needs: ['websocket'],
    enough: 4,
    program: fc.constantFrom('caf\xe9', '\xc3\xa9t\xc3\xa9', 'a\x80\xffz'),
    async run(trial, value) {
      const exchange = await openWebSocket(trial)
      exchange.misused = true
      await exchange.connect()
      if (!takesHeaders(trial, exchange, ['websocket/accept/headers-bytes-exact'])) return
      const headers = [[binary('x-opaque'), binary(value)]]
      const { raised } = await exchange.send({ type: 'websocket.accept', headers })
      const response =
        raised === null ? await exchange.response('websocket/accept/headers-bytes-exact') : null
      if (response?.status !== 101) return
      const seen = valuesOf(response, 'x-opaque')
      // One that did not come at all is lost like any other: websocket/accept/headers.
      if (seen.length === 0) return
      trial.check(
        'websocket/accept/headers-bytes-exact',
        seen.length === 1 && seen[0] === value,
        `x-opaque: ${JSON.stringify(value)}`,
        () => JSON.stringify(seen),
      )
    },
  }),
  exchangeProperty({
    id: 'websocket/close/before-accept-403',
    law: 'a websocket.close before the accept gives the client a 403 and no WebSocket',
    clauses: [
      'websocket/close/before-accept-403',
      'websocket/close/before-accept-no-handshake',
      'websocket/connect/denied-403',
    ],
    needs: ['websocket'],
    program: fc.record({
      handshake: arbitrary.handshake,
      code: fc.option(arbitrary.closeCode, { nil: null }),
      reason: fc.option(arbitrary.closeReason, { nil: null }),
    }),
    async run(trial, { handshake, code, reason }) {
      const exchange = await openWebSocket(trial, handshake)
      await exchange.connect()
      const closing = exchange.app.send({
        type: 'websocket.close',
        ...(code === null ? {} : { code }),
        ...(reason === null ? {} : { reason }),
      })
      // What the client gets is the point: a server may wait for it to leave before send() returns.
      await trial.iut.cameWithinQuiet(closing)
      exchange.app.return().catch(() => undefined)
      const clause = 'websocket/close/before-accept-403'
      const response = await exchange.response(clause)
      const observed = (): string => describeAnswer(response)
      const complete = response?.complete === true
      const denied = response?.status === 403 && complete
      trial.check(clause, denied, 'a whole response with status 403', observed)
      trial.check('websocket/connect/denied-403', denied, 'status 403', observed)
      trial.check(
        'websocket/close/before-accept-no-handshake',
        response?.status !== 101,
        'no 101',
        observed,
      )
    },
  }),
]

/** Before 2.1 headers are an additional key of websocket.accept. */
function takesHeaders(
  trial: Trial,
  { scope }: WebSocketExchange,
  clauses: readonly string[],
): boolean {
  if (claims(scope, '2.1')) return true
  const reason = `the scope claims spec_version ${claimedVersion(scope)}`
  for (const clause of clauses) trial.judge.notApplicable(clause, reason)
  return false
}

const HEADERS = ['websocket/accept/headers', 'websocket/accept/headers-in-order']

function byLine(a: Line, b: Line): number {
  const [first, second] = [a.join(': '), b.join(': ')]
  return first < second ? -1 : first > second ? 1 : 0
}
