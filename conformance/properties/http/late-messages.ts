import { binary, bodyMessage, startMessage } from '../../testers/exchange.ts'
import type { Message } from '../../testers/values.ts'

export type LateMessage = 'body' | 'body and more' | 'start' | 'trailers'

/** What an application may send by mistake when its response is complete. */
export const LATE_MESSAGES: Readonly<Record<LateMessage, Message>> = {
  body: bodyMessage('LATE', false),
  'body and more': bodyMessage('LATE', true),
  start: startMessage({ status: 599 }),
  trailers: { type: 'http.response.trailers', headers: [[binary('x-late'), binary('1')]] },
}
