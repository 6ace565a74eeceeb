import { openSync } from 'node:fs'
import { Socket } from 'node:net'
import { FRAME } from '../../http2/frame.ts'
import { calls } from '../sabotage/application.ts'
import { clientFrames2 } from '../sabotage/http2.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import type { Tap } from '../sabotage/tap.ts'
import { heads, isNamed, requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Defects that show only to clients of another kind, or in what a response leaves behind. */
export const overlookedMutants: readonly Mutant[] = [
  {
    id: 'overlooked/hints-to-http10',
    property: 'extension/early-hint/http10',
    clause: 'wire/rfc9110/no-1xx-to-http10',
    breaks: 'early hints are offered and sent to clients of HTTP/1.0 as well',
    sabotage: hintsForAll(),
  },
  {
    id: 'overlooked/trailers-among-codings',
    property: 'http/send/trailers-awaited',
    clause: 'extension/trailers/announced',
    breaks: 'a client that takes trailers and names a transfer coding too is offered none',
    slow: true,
    sabotage: requests((bytes) => bytes.replaceAll(/\r\nTE: [^\r]*;[^\r]*/g, '')),
  },
  {
    id: 'overlooked/unread-content-holds-up',
    property: 'http/receive/untouched-body',
    clause: 'http/scope/one-per-request',
    breaks: 'content beyond 64 KiB that nobody received keeps the next request from being read',
    slow: true,
    sabotage: deafBehind(65_536),
  },
  {
    id: 'overlooked/authority-for-host',
    property: 'wire/rfc9112/missing-host',
    clause: 'wire/rfc9112/missing-host',
    breaks: 'a target with an authority is served without a Host',
    sabotage: requests((bytes) =>
      /\r\nHost:/i.test(bytes)
        ? bytes
        : bytes.replace(/^(GET http:\/\/[^ ]* HTTP\/1\.1\r\n)/, '$1Host: a\r\n'),
    ),
  },
  {
    id: 'overlooked/end-of-stream-unheard',
    property: 'websocket/disconnect/http2',
    clause: 'websocket/disconnect/any-cause',
    breaks: 'a stream that ends without a Close frame leaves the application waiting',
    slow: true,
    sabotage: clientFrames2((frame) =>
      frame.type === FRAME.data && frame.payload.length === 0 ? [] : [frame],
    ),
  },
  {
    id: 'overlooked/server-named-twice',
    property: 'wire/rfc9110/field-line-not-repeated',
    clause: 'wire/rfc9110/field-line-not-repeated',
    breaks: 'the server names itself behind an application that has a Server field too',
    sabotage: heads((head) => ({
      ...head,
      lines: head.lines.some((line) => isNamed(line, 'server'))
        ? [...head.lines, 'server: assay']
        : head.lines,
    })),
  },
  {
    id: 'overlooked/files-left-open',
    property: 'process/resources-released/files',
    clause: 'process/resources-released',
    breaks: 'a file that was sent by its path is never closed',
    sabotage: calls('http', ({ send }) => ({
      send: async (message) => {
        if (message['type'] === 'http.response.pathsend') openSync(String(message['path']), 'r')
        await send(message)
      },
    })),
  },
  {
    id: 'overlooked/content-without-bound',
    property: 'config/unread-content-waits',
    clause: 'config/unread-content-waits',
    breaks: 'content is read as fast as it comes, whether or not somebody receives it',
    slow: true,
    sabotage: {
      process: () => {
        Socket.prototype.pause = readOn
      },
    },
  },
  {
    id: 'overlooked/chunked-twice',
    property: 'config/refusals',
    clause: 'config/refusals',
    breaks: 'a body that says to be chunked twice is read as if it said so once',
    sabotage: requests((bytes) => bytes.replace('chunked, chunked', 'chunked')),
  },
]

function readOn(this: Socket): Socket {
  return this
}

function hintsForAll(): Sabotage {
  return calls('http', ({ scope, send, tap }) => {
    if (scope['http_version'] !== '1.0') return {}
    return {
      scope: {
        ...scope,
        extensions: { ...Object(scope['extensions']), 'http.response.early_hint': {} },
      },
      send: async (message) => {
        if (message['type'] !== 'http.response.early_hint') return await send(message)
        tap?.inject('HTTP/1.1 103 Early Hints\r\nlink: </late.css>\r\n\r\n')
      },
    }
  })
}

/** Nothing is heard any more of a connection on which one request was larger than this. */
function deafBehind(most: number): Sabotage {
  const read = new WeakMap<Tap, number>()
  return requests((bytes, tap) => {
    const before = read.get(tap) ?? 0
    const isHead = /^[A-Z]+ [^ ]+ HTTP\/1\.1\r\n/.test(bytes)
    if (isHead && before > most) return ''
    read.set(tap, (isHead ? 0 : before) + bytes.length)
    return bytes
  })
}
