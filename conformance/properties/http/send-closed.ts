import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { bodyMessages, startMessage } from '../../testers/exchange.ts'
import { type HttpRequest, http, serialize } from '../../testers/request.ts'
import { exchangeProperty, type Property } from '../property.ts'

/**
 * www.rst, "Response Body": with more_body false the response is "taken as complete and closed", and
 * "HTTP Connection Scope": the call lasts for its request "even if the underlying socket is still open and
 * serving multiple requests". Background tasks run in an application that has sent its response.
 */
export const sendClosed: readonly Property[] = [
  exchangeProperty({
    id: 'http/send/closed-when-complete',
    law: 'a response is complete with its last message, and the next request served, while the application still runs',
    clauses: ['http/send/closed-when-complete'],
    program: fc.record({
      plan: arbitrary.responsePlan,
      path: arbitrary.path,
      /** How the client asks for the end of the connection: it is all that ends a response without a length. */
      closing: fc.constantFrom(null, null, 'HTTP/1.0' as const, 'Connection: close' as const),
    }),
    async run(trial, { plan, path, closing }) {
      const clause = 'http/send/closed-when-complete'
      const channel = await trial.connect()
      const plain = http.get('/', closing === 'Connection: close' ? [['Connection', 'close']] : [])
      const asked: HttpRequest = closing === 'HTTP/1.0' ? { ...plain, version: '1.0' } : plain
      const earlier = await trial.open(asked, { channel })
      await earlier.readBody()
      for (const message of [startMessage(plan), ...bodyMessages(plan)]) await earlier.send(message)
      const response = await earlier.response(clause)
      trial.check(clause, response?.complete === true, 'a complete response', () =>
        response === null ? 'a close' : 'a truncated response',
      )
      // A server may close any connection: then a client goes on with another one.
      if (closing !== null || !channel.wire.usable) return
      channel.wire.reader.expect('GET')
      const request = trial.mark(http.get(path), channel)
      const arrived = channel.scope()
      channel.wire.write(Buffer.from(serialize(request)))
      const over = channel.wire.closed
      await trial.iut.within(Promise.race([arrived, over]), clause, 'the next request served')
      trial.check(clause, true, '', String)
      await earlier.app.return()
    },
  }),
]
