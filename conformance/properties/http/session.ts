import { CONNECTIONS, httpSession } from '../../arbitraries/http-session.ts'
import { ENDING_ALIKE, exchangeProperty, type Property } from '../property.ts'
import { Seat } from './session-seat.ts'

/** Clients and applications that act in any order, on connections that are used again and again. */
export const sessions: readonly Property[] = [
  exchangeProperty({
    id: 'http/session',
    beyondTcp: ENDING_ALIKE,
    law: 'in whatever order clients and applications act, each request is given, answered and ended as if it were alone',
    clauses: [
      'http/scope/one-per-request',
      'http/receive/no-early-disconnect',
      'http/receive/disconnect-after-response',
      'http/receive/disconnect-after-client-left',
      'http/receive/more-body',
      'http/send/completes',
      'http/send/body-concatenated',
      'asgi/send/returns',
      'asgi/error/app-exception-terminates',
      'wire/rfc9112/incomplete-body-no-completion',
    ],
    program: httpSession,
    async run(trial, steps) {
      const seats = Array.from({ length: CONNECTIONS }, (_, index) => new Seat(trial, index))
      for (const step of steps) await seats[step.on]?.take(step)
    },
  }),
]
