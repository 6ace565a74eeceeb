import {
  bytesOf,
  calls,
  type Dict,
  headersOf,
  messages,
  sends,
  textOf,
  withHeaders,
} from '../sabotage/application.ts'
import { both } from '../sabotage/sabotage.ts'
import { heads, isNamed } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

let responses = 0

/** Responses that are not what the application sent (www.rst, "Response Start", "Response Body"). */
export const sendMutants: readonly Mutant[] = [
  {
    id: 'send/no-content-with-412',
    property: 'http/send/status',
    clause: 'http/send/body-concatenated',
    breaks: 'a response with status 412 goes out without its content',
    sabotage: calls('http', ({ send }) => {
      let suppressed = false
      return {
        send: async (message) => {
          suppressed ||= message['status'] === 412
          const own = suppressed && message['type'] === 'http.response.body'
          await send(own ? { ...message, body: bytesOf('') } : message)
        },
      }
    }),
  },
  {
    id: 'send/status-changed',
    property: 'http/send/response',
    clause: 'http/send/start-status',
    breaks: 'every successful response goes out as 200',
    sabotage: starts((message) => (is2xx(message) ? { ...message, status: 200 } : message)),
  },
  {
    id: 'send/status-changed-every-second-time',
    property: 'http/send/response',
    clause: 'http/send/start-status',
    breaks: 'every second response goes out as 599',
    sabotage: starts((message) => {
      responses += 1
      return responses % 2 === 0 ? { ...message, status: 599 } : message
    }),
  },
  {
    id: 'send/headers-reversed',
    property: 'http/send/response',
    clause: 'http/send/headers-in-order',
    breaks: 'response headers go out in reverse order',
    sabotage: starts((message) => withHeaders(message, headersOf(message).toReversed())),
  },
  {
    id: 'send/duplicate-headers-lost',
    property: 'http/send/response',
    clause: 'http/send/headers-in-order',
    breaks: 'of several response headers with one name only the last goes out',
    sabotage: starts((message) => withHeaders(message, [...new Map(headersOf(message))])),
  },
  {
    id: 'send/content-reversed',
    property: 'http/send/response',
    clause: 'http/send/body-concatenated',
    breaks: 'the bytes of each body message go out in reverse order',
    sabotage: bodies((message) => ({
      ...message,
      body: bytesOf(textOf(message['body'])).toReversed(),
    })),
  },
  {
    id: 'send/response-unfinished',
    property: 'http/send/response',
    clause: 'http/send/completes',
    breaks: 'the connection ends before the end of the response is written',
    sabotage: sends(async (message, { send, tap }) => {
      if (isBody(message) && message['more_body'] !== true) {
        await send({ ...message, more_body: true })
        tap?.end()
      } else await send(message)
    }),
  },
  {
    id: 'send/last-byte-withheld',
    property: 'http/send/response',
    clause: 'http/send/completes',
    breaks: 'the last byte of everything that is written stays behind',
    slow: true,
    sabotage: { outgoing: (bytes) => bytes.slice(0, -1) },
  },
  {
    id: 'send/header-values-recoded',
    property: 'http/send/headers-bytes-exact',
    clause: 'http/send/headers-bytes-exact',
    breaks: 'response header values go out as UTF-8 of their Latin-1 reading',
    sabotage: starts((message) => ({
      ...message,
      headers: headersOf(message).map(([name, value]) => [bytesOf(name), Buffer.from(value)]),
    })),
  },
  {
    id: 'send/headers-required',
    property: 'http/send/optional-keys',
    clause: 'http/send/start-optional-headers',
    breaks: 'a response start without headers is refused',
    sabotage: starts((message) => {
      if (!('headers' in message)) throw new TypeError('headers are missing')
      return message
    }),
  },
  {
    id: 'send/body-required',
    property: 'http/send/optional-keys',
    clause: 'http/send/body-optional',
    breaks: 'a body message without body is refused',
    sabotage: bodies((message) => {
      if (!('body' in message)) throw new TypeError('body is missing')
      return message
    }),
  },
  {
    id: 'send/unknown-keys-refused',
    property: 'http/send/additional-keys',
    clause: 'asgi/error/additional-keys-accepted',
    breaks: 'a message with a key that the server does not know is refused',
    sabotage: messages((message) => {
      const strange = Object.keys(message).find((key) => !KNOWN.has(key))
      if (strange !== undefined) throw new TypeError(`unknown key ${strange}`)
      return message
    }),
  },
  {
    id: 'send/content-held-back',
    property: 'http/send/body-flushed',
    clause: 'http/send/body-flushed',
    breaks: 'content is held back until the response is complete',
    slow: true,
    sabotage: buffering(),
  },
  {
    id: 'send/transfer-encoding-refused',
    property: 'http/send/transfer-encoding-ignored',
    clause: 'http/send/transfer-encoding-ignored',
    breaks: "the application's Transfer-Encoding is refused instead of ignored",
    sabotage: starts((message) => {
      if (headersOf(message).some(([name]) => name === 'transfer-encoding'))
        throw new TypeError('transfer-encoding is not allowed')
      return message
    }),
  },
  {
    id: 'send/transfer-encoding-passed-on',
    property: 'http/send/transfer-encoding-ignored',
    clause: 'http/send/transfer-encoding-ignored',
    breaks: "the application's Transfer-Encoding reaches the wire beside the server's",
    sabotage: both(
      starts((message) =>
        withHeaders(
          message,
          headersOf(message).map(([name, value]) => [
            name === 'transfer-encoding' ? 'x-coding' : name,
            value,
          ]),
        ),
      ),
      heads((head) => ({
        ...head,
        lines: head.lines.some((line) => isNamed(line, 'transfer-encoding'))
          ? head.lines.map((line) => line.replace(/^x-coding:/, 'transfer-encoding:'))
          : head.lines.filter((line) => !isNamed(line, 'x-coding')),
      })),
    ),
  },
  {
    id: 'send/late-messages-written',
    property: 'http/send/after-completion-ignored',
    clause: 'http/send/after-completion-ignored',
    breaks: 'what is sent after the final body message is written to the connection',
    sabotage: writingLate((message) => isBody(message) && message['more_body'] !== true),
  },
  {
    id: 'send/late-messages-behind-trailers-written',
    property: 'http/send/after-trailers-ignored',
    clause: 'http/send/after-completion-ignored',
    breaks: 'what is sent after the trailers of a response is written to the connection',
    sabotage: writingLate((message) => message['type'] === 'http.response.trailers'),
  },
  {
    id: 'send/trailers-not-awaited',
    property: 'http/send/trailers-awaited',
    clause: 'http/send/trailers-awaited',
    breaks: 'a response that announces trailers is complete without them',
    sabotage: starts((message) => ({ ...message, trailers: false })),
  },
]

const LATE_HEAD = 'HTTP/1.1 599 Late\r\ncontent-length: 0\r\n\r\n'
const KNOWN = new Set(['type', 'status', 'headers', 'trailers', 'body', 'more_body'])

function isBody(message: Dict): boolean {
  return message['type'] === 'http.response.body'
}

function is2xx(message: Dict): boolean {
  return Math.floor(Number(message['status']) / 100) === 2
}

function starts(edit: (message: Dict) => Dict): Mutant['sabotage'] {
  return messages((message) =>
    message['type'] === 'http.response.start' ? edit(message) : message,
  )
}

function bodies(edit: (message: Dict) => Dict): Mutant['sabotage'] {
  return messages((message) => (isBody(message) ? edit(message) : message))
}

function buffering(): Mutant['sabotage'] {
  const held = new WeakMap<Dict, Dict[]>()
  return sends(async (message, { scope, send }) => {
    const waiting = held.get(scope) ?? []
    held.set(scope, [...waiting, message])
    if (!isBody(message) || message['more_body'] === true) return
    for (const one of [...waiting, message]) await send(one)
  })
}

function writingLate(completes: (message: Dict) => boolean): Mutant['sabotage'] {
  const complete = new WeakSet<Dict>()
  return sends(async (message, { scope, send, tap }) => {
    if (complete.has(scope)) tap?.inject(textOf(message['body']) || LATE_HEAD)
    await send(message)
    if (completes(message)) complete.add(scope)
  })
}
