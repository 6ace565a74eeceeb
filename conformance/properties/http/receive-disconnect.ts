import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { binary, bodyMessage } from '../../testers/exchange.ts'
import { contentOf, http, serializeBody } from '../../testers/request.ts'
import { claims } from '../../testers/spec-version.ts'
import { isDict, show } from '../../testers/values.ts'
import { ASKS_TRAILERS, offers } from '../extension/announced.ts'
import { openEither } from '../http2/either-version.ts'
import { ENDING_ALIKE, exchangeProperty, type Property } from '../property.ts'

const EACH_TIME = 'http/receive/disconnect-each-time'

const AFTER_RESPONSE = 'http/receive/disconnect-after-response'
const NOT_EARLY = 'http/receive/no-early-disconnect'

/** www.rst, "Disconnect - receive event": when the application learns that it is over, and when not. */
export const receiveDisconnect: readonly Property[] = [
  exchangeProperty({
    id: AFTER_RESPONSE,
    law: 'receive() called after the response is complete yields http.disconnect',
    clauses: [AFTER_RESPONSE],
    program: fc.record({ request: arbitrary.request, plan: arbitrary.responsePlan }),
    async run(trial, { request, plan }) {
      const exchange = await trial.open(request)
      if (request.body.framing !== 'none') await exchange.readBody()
      await exchange.send({ type: 'http.response.start', status: plan.status, headers: [] })
      await exchange.send(bodyMessage((plan.body ?? []).join(''), false))
      await exchange.response()
      const event = await exchange.receive(AFTER_RESPONSE)
      // Content that was never read may still be handed out: only after it, the disconnect is due.
      const last = event['type'] === 'http.request' ? await exchange.receive(AFTER_RESPONSE) : event
      trial.check(AFTER_RESPONSE, last['type'] === 'http.disconnect', 'http.disconnect', () =>
        show(last),
      )
      await exchange.app.return()
    },
  }),
  exchangeProperty({
    id: `${AFTER_RESPONSE}/trailers`,
    law: 'receive() yields http.disconnect when trailers have completed the response, and not before them',
    clauses: [AFTER_RESPONSE, NOT_EARLY],
    needs: ['http/1.1', 'extension/http.response.trailers'],
    enough: 24,
    program: fc.record({
      content: fc.constantFrom('', 'content'),
      trailers: fc.nat(2),
      wanted: fc.boolean(),
      http2: fc.boolean(),
      waiting: fc.boolean(),
    }),
    async run(trial, { content, trailers, wanted, http2, waiting }) {
      const asking = wanted ? ASKS_TRAILERS : []
      const exchange = await openEither(trial, http2, http.get('/', asking))
      if (!offers(exchange.scope, 'http.response.trailers'))
        return trial.judge.notApplicable(AFTER_RESPONSE, 'the scope does not offer trailers')
      await exchange.readBody()
      await exchange.send({ type: 'http.response.start', status: 200, headers: [], trailers: true })
      await exchange.send(bodyMessage(content, false))
      const early = waiting ? exchange.app.receive() : null
      if (early !== null) {
        const came = await trial.iut.cameWithinQuiet(early)
        const observed = came ? show((await early).value) : ''
        trial.check(NOT_EARLY, !came, 'receive() waits for the trailers', () => observed)
        if (came) exchange.misused = true
      }
      const headers = Array.from({ length: trailers }, (_, index) => [
        binary(`x-trailer-${index}`),
        binary('1'),
      ])
      await exchange.send({ type: 'http.response.trailers', headers })
      await exchange.response()
      const { value: event } = await trial.iut.within(
        early ?? exchange.app.receive(),
        AFTER_RESPONSE,
        'an event from receive()',
      )
      const told = isDict(event) && event['type'] === 'http.disconnect'
      trial.check(AFTER_RESPONSE, told, 'http.disconnect', () => show(event))
      await exchange.app.return()
    },
  }),
  exchangeProperty({
    id: 'http/receive/left-pending',
    law: 'a receive() left pending when its response was sent takes nothing from the next request, whose scope is one of its own',
    clauses: [
      'http/receive/request-event',
      'http/receive/no-early-disconnect',
      'http/scope/one-per-request',
    ],
    program: fc.record({
      first: fc.constantFrom('', 'first'),
      second: fc.constantFrom('second', ''),
      path: arbitrary.path,
    }),
    async run(trial, { first, second, path }) {
      const channel = await trial.connect()
      const earlier = await trial.open(http.post('/', first), { channel })
      await earlier.readBody()
      void earlier.app.receive()
      await trial.iut.settle()
      await earlier.send({ type: 'http.response.start', status: 204, headers: [] })
      await earlier.send(bodyMessage('', false))
      await earlier.response()
      if (!channel.wire.usable) return
      const { served: later } = await trial.attempt(http.post(path, second), { channel })
      if (later === null) return
      const event = await later.receive('http/receive/request-event')
      trial.check(
        'http/receive/request-event',
        event['type'] === 'http.request',
        'http.request',
        () => show(event),
      )
      if (event['more_body'] === true) await later.readBody()
      const { value: kept } = await earlier.app.look()
      if (isDict(kept))
        trial.check(
          'http/scope/one-per-request',
          kept['path'] === '/' && kept['method'] === 'POST',
          'the scope of the earlier call as it was',
          () => show(kept),
        )
      await later.respond({ status: 204 })
      await later.response()
      await earlier.app.return()
    },
  }),
  exchangeProperty({
    id: 'http/receive/disconnect-after-client-left',
    beyondTcp: ENDING_ALIKE,
    law: 'an application that waits in receive() is told http.disconnect when the connection breaks, and told again when it asks again',
    clauses: ['http/receive/disconnect-after-client-left', EACH_TIME],
    program: fc.record({ body: arbitrary.body, started: fc.boolean() }),
    async run(trial, { body, started }) {
      const request = { ...http.post('/', ''), body }
      const exchange = await trial.open(request, { fresh: true })
      await exchange.readBody()
      if (started) {
        await exchange.send({ type: 'http.response.start', status: 200, headers: [] })
        await exchange.send(bodyMessage('begun', true))
      }
      const waiting = exchange.receive('http/receive/disconnect-after-client-left')
      await trial.iut.settle()
      exchange.clientLeft = true
      exchange.channel.wire.reset()
      const event = await waiting
      trial.check(
        'http/receive/disconnect-after-client-left',
        event['type'] === 'http.disconnect',
        'http.disconnect',
        () => show(event),
      )
      if (!claims(exchange.scope, '2.3')) {
        trial.judge.notApplicable(EACH_TIME, 'the scope claims a version before 2.3')
      } else {
        const again = await exchange.receive(EACH_TIME)
        const told = again['type'] === 'http.disconnect'
        trial.check(EACH_TIME, told, 'http.disconnect', () => show(again))
      }
      await exchange.app.return()
    },
  }),
  exchangeProperty({
    id: 'http/receive/no-early-disconnect',
    law: 'no http.disconnect is invented while the client waits for its response',
    clauses: [
      'http/receive/no-early-disconnect',
      'http/scope/persists-until-closed',
      'asgi/app/lifetime',
    ],
    program: fc.record({ body: arbitrary.body, started: fc.boolean() }),
    async run(trial, { body, started }) {
      const exchange = await trial.open({ ...http.post('/', ''), body })
      await exchange.readBody()
      if (started) {
        await exchange.send({ type: 'http.response.start', status: 200, headers: [] })
        await exchange.send(bodyMessage('begun', true))
      }
      const waiting = exchange.app.receive()
      const early = await trial.iut.cameWithinQuiet(waiting)
      const observed = early ? show((await waiting).value) : ''
      trial.check(
        'http/receive/no-early-disconnect',
        !early,
        'receive() waits while the client does',
        () => observed,
      )
      for (const clause of ['http/scope/persists-until-closed', 'asgi/app/lifetime']) {
        trial.check(
          clause,
          exchange.app.end === null,
          'an application call that lasts',
          () => `it was ${exchange.app.end}`,
        )
      }
      if (!started) await exchange.send({ type: 'http.response.start', status: 200, headers: [] })
      await exchange.send(bodyMessage('done', false))
      await exchange.app.return()
      await exchange.response()
    },
  }),
  exchangeProperty({
    id: 'http/receive/incomplete-body',
    beyondTcp: ENDING_ALIKE,
    law: 'a request whose content never arrives in full is never presented as complete',
    clauses: [
      'wire/rfc9112/incomplete-body-no-completion',
      'http/receive/disconnect-after-client-left',
    ],
    program: fc.record({
      body: fc
        .oneof(arbitrary.sizedBody, arbitrary.chunkedBody)
        .filter((body) => contentOf(body).length > 0),
      share: fc.nat(999),
      reset: fc.boolean(),
    }),
    async run(trial, { body, share, reset }) {
      const { channel, exchange, adopt } = await trial.openEarly({ ...http.post('/', ''), body })
      const bytes = binary(serializeBody(body))
      const cut = Math.min(bytes.length - 1, Math.floor((bytes.length * share) / 1000))
      if (exchange !== null) exchange.sent = contentOf(body)
      if (cut > 0) channel.wire.write(bytes.subarray(0, cut))
      await trial.iut.settle()
      if (exchange !== null) exchange.clientLeft = true
      if (reset) channel.wire.reset()
      else channel.wire.close()
      if (exchange === null) {
        const called = await trial.iut.cameWithinQuiet(adopt())
        trial.check(
          'wire/rfc9112/incomplete-body-no-completion',
          !called,
          'no call of the application',
          () => `a scope after ${cut} of ${bytes.length} bytes`,
        )
        return
      }
      const { ended } = await exchange.readBody('http/receive/disconnect-after-client-left')
      trial.check(
        'wire/rfc9112/incomplete-body-no-completion',
        ended === 'disconnect',
        'http.disconnect, never a complete request',
        () => `more_body false after ${cut} of ${bytes.length} bytes`,
      )
      await exchange.app.return()
    },
  }),
]
