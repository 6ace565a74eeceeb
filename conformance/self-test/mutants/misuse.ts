import {
  type Application,
  bytesOf,
  type Call,
  calls,
  type Dict,
  headersOf,
  messages,
  sends,
  textOf,
  withHeaders,
} from '../sabotage/application.ts'
import { both, type Sabotage } from '../sabotage/sabotage.ts'
import type { Mutant } from './mutant.ts'

/** Applications that misbehave, let through to the wire (asgi.rst, "Error Handling"). */
export const misuseMutants: readonly Mutant[] = [
  {
    id: 'misuse/invalid-event-accepted',
    property: 'asgi/error/invalid-event-raises',
    clause: 'asgi/error/invalid-event-raises',
    breaks: 'send() swallows its own complaints',
    sabotage: sends((message, { send }) => send(message).catch(() => undefined)),
  },
  {
    id: 'misuse/line-breaks-in-values',
    property: 'http/send/split-header-value',
    clause: 'wire/rfc9112/field-syntax',
    breaks: 'line breaks in response header values reach the wire',
    sabotage: both(
      messages((message) => withMaskedValues(message)),
      {
        outgoing: (bytes) =>
          bytes.replaceAll('\xfd', '\0').replaceAll('\xfe', '\r').replaceAll('\xff', '\n'),
      },
    ),
  },
  {
    id: 'misuse/line-breaks-in-names',
    property: 'http/send/split-header-name',
    clause: 'wire/rfc9110/field-name-sent',
    breaks: 'line breaks in response header names reach the wire',
    sabotage: withUncheckedNames('\r\n'),
  },
  {
    id: 'misuse/delimiters-in-names',
    property: 'http/send/header-name-delimiters',
    clause: 'wire/rfc9110/field-name-delimiters',
    breaks: 'a bracket in a response header name reaches the wire',
    sabotage: withUncheckedNames('['),
  },
  {
    id: 'misuse/body-without-start-written',
    property: 'http/send/body-before-start',
    clause: 'wire/rfc9112/message-framing',
    breaks: 'a body without a start is written behind an invented response',
    sabotage: sends(async (message, { send, tap }) => {
      await send(message).catch((error: unknown) => {
        const content = textOf(message['body'])
        tap?.inject(`HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n${content}`)
        throw error
      })
    }),
  },
  {
    id: 'misuse/second-head-written',
    property: 'http/send/start-twice',
    clause: 'wire/rfc9112/message-framing',
    breaks: 'a second start writes a second head into the response',
    sabotage: sends(async (message, { send, tap }) => {
      await send(message).catch((error: unknown) => {
        if (message['type'] === 'http.response.start') tap?.inject('HTTP/1.1 201 Created\r\n\r\n')
        throw error
      })
    }),
  },
  {
    id: 'misuse/surplus-content-written',
    property: 'http/send/over-long-body',
    clause: 'wire/rfc9112/content-length-agrees',
    breaks: 'content beyond the announced Content-Length is written',
    sabotage: calls('http', ({ send, tap }) => ({
      send: measured(send, (rest) => tap?.inject(rest)),
    })),
  },
  {
    id: 'misuse/short-content-padded',
    property: 'http/send/under-long-body',
    clause: 'wire/rfc9112/content-length-agrees',
    breaks: 'content that is shorter than announced is filled up with spaces',
    sabotage: calls('http', ({ send }) => ({ send: padded(send) })),
  },
  {
    id: 'misuse/exception-hidden',
    property: 'asgi/error/app-exception-terminates',
    clause: 'asgi/error/app-exception-terminates',
    breaks: 'when the application raises, the response is completed as if nothing had happened',
    sabotage: { application: hidingExceptions },
  },
  {
    id: 'misuse/exception-leaves-client-waiting',
    property: 'asgi/error/app-exception-terminates',
    clause: 'asgi/error/app-exception-terminates',
    breaks: 'when the application raises, the client is left waiting',
    slow: true,
    sabotage: {
      application: (app) => async (scope, receive, send) => {
        await app(scope, receive, send).catch(() => new Promise<never>(() => undefined))
      },
    },
  },
]

/** The server must not see the bytes that it would refuse; three that it lets pass stand for them. */
function withMaskedValues(message: Dict): Dict {
  if (message['type'] !== 'http.response.start') return message
  const masked = headersOf(message).map(
    ([name, value]) =>
      [
        name,
        value.replaceAll('\0', '\xfd').replaceAll('\r', '\xfe').replaceAll('\n', '\xff'),
      ] as const,
  )
  return withHeaders(message, masked)
}

/** As above, for one character that no token has; another one that no program uses stands for it. */
function withUncheckedNames(character: string): Sabotage {
  return both(
    messages((message) => {
      if (message['type'] !== 'http.response.start') return message
      return withHeaders(
        message,
        headersOf(message).map(([name, value]) => [name.replaceAll(character, '^'), value]),
      )
    }),
    { outgoing: (bytes) => bytes.replaceAll('^', character) },
  )
}

function lengthIn(message: Dict): number | null {
  const field = headersOf(message).find(([name]) => name === 'content-length')
  return field === undefined ? null : Number(field[1])
}

/** Passes on what fits into the announced length and hands the rest to `surplus`. */
function measured(send: Call['send'], surplus: (rest: string) => void): Call['send'] {
  let room = Number.POSITIVE_INFINITY
  return async (message) => {
    if (message['type'] === 'http.response.start') room = lengthIn(message) ?? room
    const content = textOf(message['body'])
    const fits = content.slice(0, room)
    if (message['type'] !== 'http.response.body') return await send(message)
    await send({ ...message, body: bytesOf(fits) })
    room -= fits.length
    if (content.length > fits.length) surplus(content.slice(fits.length))
  }
}

function padded(send: Call['send']): Call['send'] {
  let missing = 0
  return async (message) => {
    if (message['type'] === 'http.response.start') missing = lengthIn(message) ?? 0
    if (message['type'] !== 'http.response.body') return await send(message)
    const content = textOf(message['body'])
    const whole = message['more_body'] === true ? content : content.padEnd(missing)
    missing -= content.length
    await send({ ...message, body: bytesOf(whole) })
  }
}

function hidingExceptions(app: Application): Application {
  return async (scope, receive, send) => {
    let started = false
    const noting: Call['send'] = async (message) => {
      await send(message)
      started = true
    }
    await app(scope, receive, noting).catch(async () => {
      if (!started) await send({ type: 'http.response.start', status: 200, headers: [] })
      await send({ type: 'http.response.body' })
    })
  }
}
