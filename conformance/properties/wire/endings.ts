import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { binary } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import { valuesOf } from '../../testers/response-reader.ts'
import { show } from '../../testers/values.ts'
import { ENDING_ALIKE, exchangeProperty, type Property } from '../property.ts'
import { judgeSaysClose } from './closing.ts'

/** RFC 9112 §9.5 and §9.6, RFC 9110 §8.6: ends of connections, and of what a 304 may say of lengths. */
export const endings: readonly Property[] = [
  exchangeProperty({
    id: 'wire/rfc9112/closure-monitored',
    beyondTcp: ENDING_ALIKE,
    law: 'when the client ends an idle connection, the server ends its side too',
    clauses: ['wire/rfc9112/closure-monitored'],
    program: fc.record({ requests: fc.integer({ min: 0, max: 2 }), plan: arbitrary.responsePlan }),
    async run(trial, { requests, plan }) {
      const channel = await trial.connect()
      for (let count = 0; count < requests && channel.wire.usable; count += 1) {
        const { served } = await trial.attempt(http.get('/'), { channel })
        if (served === null) return
        await served.respond(plan)
        await served.response()
      }
      channel.wire.end()
      const clause = 'wire/rfc9112/closure-monitored'
      await trial.iut.within(channel.wire.closed, clause, 'the end of the connection')
      trial.check(clause, true, '', () => '')
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9112/close-announced',
    law: 'a refusal that the server closes behind says so with the close option',
    clauses: ['wire/rfc9112/close-announced'],
    program: fc.record({
      broken: fc.constantFrom(
        'GET / HTTP/1.1\r\nHost: a\r\nNo colon\r\n\r\n',
        'GET / HTTP/1.1\r\nHost: a\r\nBad Name: 1\r\n\r\n',
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n',
      ),
      cut: fc.boolean(),
    }),
    async run(trial, { broken, cut }) {
      const clause = 'wire/rfc9112/close-announced'
      const channel = await trial.connect()
      channel.wire.reader.expect('GET')
      const answered = channel.wire.response()
      await trial.write(channel, binary(broken), cut ? [20] : [])
      const refused = await trial.iut.cameWithinQuiet(answered, PERIODS)
      const response = refused ? await answered : null
      if (response === null) {
        trial.judge.notApplicable(clause, 'the server refuses by closing')
        return
      }
      await judgeSaysClose(trial, channel.wire, response, clause)
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9110/304-content-length',
    law: 'a 304 has the length that a 200 would have had, or none: never one that the server made up',
    clauses: ['wire/rfc9110/304-content-length'],
    program: fc.record({ length: fc.integer({ min: 1, max: 40 }), given: fc.boolean() }),
    async run(trial, { length, given }) {
      const exchange = await trial.open(http.get('/', [['If-None-Match', '"1"']]), { fresh: true })
      const headers: [string, string][] = given ? [['content-length', String(length)]] : []
      await exchange.respond({ status: 304, headers, body: [''] })
      const response = await exchange.response()
      if (response === null) return
      const lengths = valuesOf(response, 'content-length')
      trial.check(
        'wire/rfc9110/304-content-length',
        lengths.every((told) => given && told === String(length)),
        given ? `Content-Length: ${length}, or none` : 'no Content-Length',
        () => show(lengths.join(', ')),
      )
    },
  }),
]

/** Quiet periods that a server is given to refuse. */
const PERIODS = 10
