import fc from 'fast-check'
import { LARGEST_WINDOW } from '../../http2/frame.ts'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { BLOCKED_CLAUSES, beginning, judgeBlocked, type Sender } from '../http/send-blocked.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'

/** asgi.rst, "Applications", where all windows are open and only the socket is full. */
export const blocked: Property = http2Property({
  id: 'asgi/send/returns/blocked-response/http2',
  law: 'a send() of a stream waits for a client which grants every window and reads nothing where that is promised, and comes back when that client is lost',
  clauses: BLOCKED_CLAUSES,
  enough: 2,
  caseOf: ({ again }) => String(again),
  program: fc.record({ listening: fc.boolean(), again: fc.boolean() }),
  async run(trial, { listening, again }) {
    const client = await openHttp2(trial, { initialWindow: LARGEST_WINDOW })
    client.grant(null, LARGEST_WINDOW - client.receiveWindow)
    const { exchange } = await serve(trial, client, h2.get('/blocked'))
    const sender: Sender = { ...(await beginning(exchange)), promise: 'flow-control/http2' }
    await judgeBlocked(trial, sender, listening, again)
  },
})
