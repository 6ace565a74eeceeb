import fc from 'fast-check'
import * as http from '../../arbitraries/http.ts'
import * as arbitrary from '../../arbitraries/websocket.ts'
import type { ResponsePlan } from '../../testers/exchange.ts'
import { binary } from '../../testers/exchange.ts'
import { valuesOf, type WireResponse } from '../../testers/response-reader.ts'
import type { Trial } from '../../testers/trial.ts'
import { isDict, type Message, show } from '../../testers/values.ts'
import { describeAnswer } from '../../websocket/exchange.ts'
import { openWebSocket } from '../../websocket/open.ts'
import { exchangeProperty, type Property } from '../property.ts'

const AFTER_CONNECT = 'extension/denial/after-connect'
const CLOSED = 'extension/denial/closed-after-response'

/** extensions.rst, "Websocket Denial Response". */
export const denial: readonly Property[] = [
  exchangeProperty({
    id: AFTER_CONNECT,
    law: 'the HTTP response with which the application denies a connection reaches the client as it is',
    clauses: [
      AFTER_CONNECT,
      CLOSED,
      'extension/denial/announced',
      'extension/denial/message-format',
      'asgi/extensions/announced',
    ],
    needs: ['websocket', 'websocket/denial'],
    program: fc.record({
      handshake: arbitrary.handshake,
      plan: http.responsePlan,
      spare: fc.boolean(),
    }),
    async run(trial, { handshake, plan, spare }) {
      const exchange = await openWebSocket(trial, handshake)
      const { extensions } = exchange.scope
      const announced = isDict(extensions) && 'websocket.http.response' in extensions
      for (const clause of ['extension/denial/announced', 'asgi/extensions/announced']) {
        const expected = 'websocket.http.response in the extensions'
        trial.check(clause, announced, expected, () => show(extensions))
      }
      if (!announced) return
      await exchange.connect()
      for (const message of denialMessages(plan, spare)) {
        const { raised } = await exchange.send(message)
        const observed = (): string => raised?.chain.join(' < ') ?? ''
        trial.check('extension/denial/message-format', raised === null, 'no exception', observed)
        if (raised !== null) return
      }
      await exchange.app.return()
      const response = await exchange.response(AFTER_CONNECT)
      judgeResponse(trial, response, plan)
      if (response === null) return
      await exchange.closed(CLOSED)
      trial.check(CLOSED, true, '', () => '')
    },
  }),
  exchangeProperty({
    id: 'extension/denial/content-fields',
    law: 'the type and the length that the application tells of its denial are sent once, and not beside others',
    clauses: [AFTER_CONNECT],
    needs: ['websocket', 'websocket/denial'],
    enough: 6,
    program: fc.record({
      type: fc.constantFrom('text/html; charset=utf-8', 'application/json'),
      content: fc.constantFrom('', 'no', 'not today'),
    }),
    async run(trial, { type, content }) {
      const exchange = await openWebSocket(trial)
      await exchange.connect()
      const fields: readonly (readonly [string, string])[] = [
        ['content-type', type],
        ['content-length', String(content.length)],
      ]
      for (const message of denialMessages({ status: 404, headers: fields, body: [content] }))
        await exchange.send(message)
      await exchange.app.return()
      const response = await exchange.response(AFTER_CONNECT)
      if (response === null) return
      for (const [name, value] of fields) {
        const seen = valuesOf(response, name)
        trial.check(
          AFTER_CONNECT,
          seen.length === 1 && seen[0] === value,
          `${name}: ${value}`,
          () => `${name}: ${seen.join(' | ') || '(absent)'}`,
        )
      }
    },
  }),
]

/** Spare messages leave out every key that says no more than its default (www.rst). */
function denialMessages(
  { status, headers = [], body = [] }: ResponsePlan,
  spare = false,
): Message[] {
  const parts = body.length === 0 ? [''] : body
  return [
    {
      type: 'websocket.http.response.start',
      status,
      ...(spare && headers.length === 0
        ? {}
        : { headers: headers.map(([name, value]) => [binary(name), binary(value)]) }),
    },
    ...parts.map((part, index) => {
      const more = index < parts.length - 1
      return {
        type: 'websocket.http.response.body',
        ...(spare && part === '' ? {} : { body: binary(part) }),
        ...(spare && !more ? {} : { more_body: more }),
      }
    }),
  ]
}

/** Framing is the server's own affair, so a Content-Length of the application is not compared. */
function judgeResponse(trial: Trial, response: WireResponse | null, plan: ResponsePlan): void {
  const content = binary((plan.body ?? []).join(''))
  const held = trial.check(
    AFTER_CONNECT,
    response?.status === plan.status && response.complete && response.body.equals(content),
    `status ${plan.status} with ${content.length} bytes of content: ${show(content)}`,
    () => `${describeAnswer(response)} with ${show(response?.body)}`,
  )
  if (!held || response === null) return
  const given = (plan.headers ?? []).filter(([name]) => name !== 'content-length')
  const names = new Set(given.map(([name]) => name))
  const kept = response.headers
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => names.has(name))
  trial.check(
    AFTER_CONNECT,
    JSON.stringify(kept) === JSON.stringify(given),
    `headers ${JSON.stringify(given)}`,
    () => JSON.stringify(kept),
  )
}
