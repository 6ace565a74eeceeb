import { bytesOf, calls, textOf } from '../sabotage/application.ts'
import type { Mutant } from './mutant.ts'

/** What only shows where requests overlap, or where a connection has served one already. */
export const sessionMutants: readonly Mutant[] = [
  {
    id: 'session/answers-cross',
    property: 'http/session',
    clause: 'http/send/body-concatenated',
    breaks: 'content goes to the client that was answered last on any connection',
    sabotage: answersCross(),
  },
  {
    id: 'session/stale-disconnect',
    property: 'http/session',
    clause: 'http/receive/no-early-disconnect',
    breaks: 'the end of the first response on a connection is told to its second request',
    sabotage: staleDisconnect(),
  },
]

/** Two connections at once share one buffer: what one of them left in it goes out with the other. */
function answersCross(): Mutant['sabotage'] {
  let last: { readonly of: object; readonly content: string } | null = null
  return calls('http', ({ send, tap }) => ({
    send: async (message) => {
      if (message['type'] !== 'http.response.body' || tap === null) return await send(message)
      const content = textOf(message['body'])
      const stale = last !== null && last.of !== tap && message['more_body'] === true
      const mixed = stale ? (last?.content ?? '') : ''
      last = { of: tap, content }
      await send({ ...message, body: bytesOf(mixed + content) })
    },
  }))
}

function staleDisconnect(): Mutant['sabotage'] {
  const used = new WeakSet<object>()
  return calls('http', ({ receive, tap }) => {
    if (tap === null) return {}
    const again = used.has(tap)
    used.add(tap)
    let complete = false
    return {
      receive: async () => {
        if (again && complete) return { type: 'http.disconnect' }
        const event = await receive()
        complete = event['more_body'] !== true
        return event
      },
    }
  })
}
