import fc from 'fast-check'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import { exchangeProperty, type Property } from '../property.ts'

/** asgi.rst, "Error Handling": an error that bubbles up ends the application instance and its connection. */
export const applicationErrors: readonly Property[] = [
  exchangeProperty({
    id: 'asgi/error/app-exception-terminates',
    law: 'an application that raises leaves no client waiting: an error response, or a visible end',
    clauses: ['asgi/error/app-exception-terminates'],
    program: fc.record({
      progress: fc.constantFrom(
        'before start' as const,
        'after start' as const,
        'in the content' as const,
      ),
      exception: fc.constantFrom(
        'RuntimeError' as const,
        'ValueError' as const,
        'OSError' as const,
        'CancelledError' as const,
      ),
      sized: fc.boolean(),
    }),
    async run(trial, { progress, exception, sized }) {
      const exchange = await trial.open(http.get('/'), { fresh: true })
      exchange.misused = true
      const headers: [string, string][] = sized ? [['content-length', '100']] : []
      if (progress !== 'before start') await exchange.send(startMessage({ status: 200, headers }))
      if (progress === 'in the content') await exchange.send(bodyMessage('begun', true))
      await exchange.app.raise(exception)
      const response = await exchange.response('asgi/error/app-exception-terminates')
      const honest = response === null || !response.complete || response.status >= 500
      trial.check(
        'asgi/error/app-exception-terminates',
        honest,
        'an error status, or an incomplete response',
        () => `a complete response with status ${response?.status}`,
      )
    },
  }),
]
