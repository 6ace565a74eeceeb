import { bytesOf, calls, type Dict, headersOf, messages, textOf } from '../sabotage/application.ts'
import type { Tap } from '../sabotage/tap.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Requests and responses in the shapes that servers have stumbled over before (www.rst, "HTTP"). */
export const recalledHttpMutants: readonly Mutant[] = [
  {
    id: 'recalled/target-in-pieces-cut',
    property: 'http/scope/in-pieces',
    clause: 'http/scope/path',
    breaks: 'of a request target that arrives in pieces only the last is read',
    sabotage: requests((bytes) => bytes.replace(/^GET \/\S*$/, 'GET /')),
  },
  {
    id: 'recalled/large-content-cut',
    property: 'http/receive/large-body',
    clause: 'http/receive/body-bytes',
    breaks: 'content beyond the first 256 KiB is dropped without a word',
    programs: 1,
    sabotage: largeContentCut(),
  },
  {
    id: 'recalled/pending-receive-robs-successor',
    property: 'http/receive/left-pending',
    clause: 'http/receive/request-event',
    breaks: 'a receive() that its response left pending takes the first event of the next request',
    programs: 4,
    sabotage: pendingReceiveRobs(),
  },
  {
    id: 'recalled/tab-in-value-refused',
    property: 'http/send/header-inner-whitespace',
    clause: 'http/send/headers-bytes-exact',
    breaks: 'a tab inside a response header value is refused',
    sabotage: starts((message) => {
      if (headersOf(message).some(([, value]) => value.includes('\t')))
        throw new TypeError('a header value holds a control character')
      return message
    }),
  },
  {
    id: 'recalled/headers-only-as-list',
    property: 'http/send/headers-iterable',
    clause: 'http/send/headers-iterable',
    breaks: 'response headers that are iterable but no list are refused',
    sabotage: starts((message) => {
      if ('headers' in message && !Array.isArray(message['headers']))
        throw new TypeError('headers are a list')
      return message
    }),
  },
]

const KEPT = 256 * 1024

function starts(edit: (message: Dict) => Dict): Mutant['sabotage'] {
  return messages((message) =>
    message['type'] === 'http.response.start' ? edit(message) : message,
  )
}

function largeContentCut(): Mutant['sabotage'] {
  return calls('http', ({ receive }) => {
    let room = KEPT
    return {
      receive: async () => {
        const event = await receive()
        if (event['type'] !== 'http.request') return event
        const kept = textOf(event['body']).slice(0, room)
        room -= kept.length
        return { ...event, body: bytesOf(kept) }
      },
    }
  })
}

/** All requests of a connection share one place to wait: who came first is served first. */
function pendingReceiveRobs(): Mutant['sabotage'] {
  const waiting = new WeakMap<Tap, (event: Dict) => void>()
  return calls('http', ({ receive, tap }) => ({
    receive: async () => {
      const event = await receive()
      if (tap === null) return event
      if (event['type'] === 'http.disconnect')
        return await new Promise((resolve) => waiting.set(tap, resolve))
      const robber = waiting.get(tap)
      if (robber === undefined) return event
      waiting.delete(tap)
      robber(event)
      return { type: 'http.disconnect' }
    },
  }))
}
