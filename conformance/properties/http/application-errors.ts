import fc from 'fast-check'
import { binary, bodyMessage, startMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { BARE, judgeBare } from './surplus.ts'

/** A start that send() should refuse, for the name of its header is text. */
const MALFORMED = { type: 'http.response.start', status: 200, headers: [['x', binary('x')]] }

/** How far the response has come: each is another code path of a server. */
const STAGES = ['before start', 'after start', 'in the content', 'after a refusal'] as const

/** No subclass of Exception: what catches all of these lets it pass. */
const CANCELLED = 'CancelledError' as const

/** asgi.rst, "Error Handling": an error that bubbles up ends the application instance and its connection. */
export const applicationErrors: readonly Property[] = [
  exchangeProperty({
    id: 'asgi/error/app-exception-terminates',
    law: 'an application that raises leaves no client waiting: an error response, or a visible end',
    clauses: ['asgi/error/app-exception-terminates', BARE],
    program: fc.record({
      progress: fc.constantFrom(...STAGES),
      exception: fc.constantFrom(
        'RuntimeError' as const,
        'ValueError' as const,
        'OSError' as const,
        CANCELLED,
      ),
      sized: fc.boolean(),
      method: fc.constantFrom('GET', 'GET', 'HEAD'),
    }),
    families: {
      names: [...STAGES, ...STAGES.map((stage) => `${stage}, HEAD`), CANCELLED],
      of: ({ progress, method, exception }) => {
        if (exception === CANCELLED) return CANCELLED
        return method === 'HEAD' ? `${progress}, HEAD` : progress
      },
    },
    async run(trial, { progress, exception, sized, method }) {
      const exchange = await trial.open({ ...http.get('/'), method }, { fresh: true })
      exchange.misused = true
      const headers: [string, string][] = sized ? [['content-length', '100']] : []
      if (progress === 'after a refusal') await exchange.send(MALFORMED)
      else if (progress !== 'before start')
        await exchange.send(startMessage({ status: 200, headers }))
      if (progress === 'in the content') await exchange.send(bodyMessage('begun', true))
      await exchange.app.raise(exception)
      const response = await exchange.response('asgi/error/app-exception-terminates')
      if (method === 'HEAD') await judgeBare(trial, exchange.channel.wire)
      // A response to HEAD is whole with its head: nothing of it can be cut short.
      const whole = response?.complete === true && (method === 'GET' || progress === 'before start')
      const honest = response === null || !whole || response.status >= 500
      trial.check(
        'asgi/error/app-exception-terminates',
        honest,
        'an error status, or an incomplete response',
        () => `a complete response with status ${response?.status}`,
      )
    },
  }),
]
