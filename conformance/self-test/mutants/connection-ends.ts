import { subscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { heads, isNamed, requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Ends of connections and switches of protocol, gone wrong (RFC 9110 §7.8, RFC 9112 §9). */
export const connectionEndMutants: readonly Mutant[] = [
  {
    id: 'connection-ends/closure-overlooked',
    property: 'wire/rfc9112/closure-monitored',
    clause: 'wire/rfc9112/closure-monitored',
    breaks: 'the server never ends its side of a connection that its client has ended',
    slow: true,
    sabotage: {
      process: () =>
        onSocket((socket) => {
          for (const way of ['end', 'destroy']) replace(socket, way, () => socket)
        }),
    },
  },
  {
    id: 'connection-ends/close-not-announced',
    property: 'wire/rfc9112/close-announced',
    clause: 'wire/rfc9112/close-announced',
    breaks: 'refusals do not say that the connection closes',
    sabotage: heads((head) =>
      / 4\d\d /.test(head.statusLine)
        ? { ...head, lines: leaving(head.lines, 'connection') }
        : head,
    ),
  },
  {
    id: 'connection-ends/length-in-304',
    property: 'wire/rfc9110/304-content-length',
    clause: 'wire/rfc9110/304-content-length',
    breaks: 'a 304 has a Content-Length of 0 that its application did not give',
    sabotage: heads((head) =>
      head.statusLine.includes(' 304 ')
        ? { ...head, lines: [...leaving(head.lines, 'content-length'), 'content-length: 0'] }
        : head,
    ),
  },
  {
    id: 'connection-ends/upgrade-in-one-case',
    property: 'wire/rfc9110/upgrade-case-insensitive',
    clause: 'wire/rfc9110/upgrade-case-insensitive',
    breaks: 'WebSocket is known by its name in small letters only',
    sabotage: requests((bytes) => bytes.replace(/Upgrade: (?!websocket)/, 'X-Upgrade: ')),
  },
  {
    id: 'connection-ends/101-before-100',
    property: 'wire/rfc9110/upgrade-after-100',
    clause: 'wire/rfc9110/upgrade-after-100',
    breaks: 'a client that waits for 100 gets a 101 first',
    sabotage: requests((bytes, tap) => {
      if (/\r\nExpect: /.test(bytes)) tap.inject('HTTP/1.1 101 Switching Protocols\r\n\r\n')
      return bytes
    }),
  },
  {
    id: 'connection-ends/426-without-protocol',
    property: 'wire/rfc9110/426-upgrade-field',
    clause: 'wire/rfc9110/426-upgrade-field',
    breaks: 'a 426 does not say which protocol is wanted',
    sabotage: heads((head) => ({ ...head, lines: leaving(head.lines, 'upgrade') })),
  },
  {
    id: 'connection-ends/unhurried-cut',
    property: 'http/send/body-concatenated/slow-client',
    clause: 'http/send/body-concatenated',
    breaks: 'what a connection ends with has a second to leave, however much of it there is',
    slow: true,
    sabotage: {
      process: () =>
        onSocket((socket) => {
          const end = socket.end.bind(socket)
          replace(socket, 'end', () => {
            setTimeout(() => socket.destroy(), 1000)
            return end()
          })
        }),
    },
  },
  {
    id: 'connection-ends/no-closure-alert',
    property: 'wire/rfc9112/tls-close-notify',
    clause: 'wire/rfc9112/tls-close-notify',
    breaks: 'TLS connections end without a closure alert',
    sabotage: {
      process: () =>
        replace(TLSSocket.prototype, 'end', function end(this: TLSSocket) {
          setTimeout(() => this.destroy(), 100)
          return this
        }),
    },
  },
]

function leaving(lines: readonly string[], name: string): readonly string[] {
  return lines.filter((line) => !isNamed(line, name))
}

function onSocket(visit: (socket: Socket) => void): void {
  subscribe('net.server.socket', (message) => {
    const socket =
      typeof message === 'object' && message !== null && 'socket' in message ? message.socket : null
    if (socket instanceof Socket) visit(socket)
  })
}

function replace(owner: object, name: string, value: unknown): void {
  Object.defineProperty(owner, name, { value })
}
