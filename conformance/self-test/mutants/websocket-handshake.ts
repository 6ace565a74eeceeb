import {
  calls,
  type Dict,
  headersOf,
  messages,
  sends,
  withHeaders,
} from '../sabotage/application.ts'
import { both } from '../sabotage/sabotage.ts'
import { heads, isNamed, requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Handshakes answered wrongly, or answered at all (www.rst, "Accept"; RFC 6455 §4.2). */
export const webSocketHandshakeMutants: readonly Mutant[] = [
  {
    id: 'handshake/accept-key-constant',
    property: 'wire/rfc6455/handshake-response',
    clause: 'wire/rfc6455/accept-key',
    breaks: 'every handshake gets the same Sec-WebSocket-Accept',
    sabotage: switching((line) =>
      isNamed(line, 'sec-websocket-accept')
        ? 'sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='
        : line,
    ),
  },
  {
    id: 'handshake/odd-subprotocol-hangs-up',
    property: 'wire/rfc6455/handshake-odd-subprotocols',
    clause: 'wire/rfc6455/handshake-answered',
    breaks: 'a list of subprotocols that is not ASCII ends the connection without a word',
    sabotage: requests((bytes, tap) => {
      if (/Sec-WebSocket-Protocol: [^\r]*[\x80-\xff]/.test(bytes)) tap.reset()
      return bytes
    }),
  },
  {
    id: 'handshake/upgrade-field-wrong',
    property: 'wire/rfc6455/handshake-response',
    clause: 'wire/rfc6455/handshake-response',
    breaks: 'the 101 upgrades to something else than websocket',
    sabotage: switching((line) => (isNamed(line, 'upgrade') ? 'upgrade: h2c' : line)),
  },
  {
    id: 'handshake/completed-unasked',
    property: 'websocket/connect/before-handshake',
    clause: 'websocket/connect/before-handshake',
    breaks: 'the handshake is completed before the application accepts',
    sabotage: calls('websocket', ({ receive, send }) => {
      let accepted = false
      const accept = async (message: Dict): Promise<void> => {
        if (accepted) return
        accepted = true
        await send(message)
      }
      return {
        receive: async () => {
          const event = await receive()
          if (event['type'] === 'websocket.connect') await accept({ type: 'websocket.accept' })
          return event
        },
        send: async (message) =>
          await (message['type'] === 'websocket.accept' ? accept(message) : send(message)),
      }
    }),
  },
  {
    id: 'handshake/message-before-accept',
    property: 'websocket/connect/no-receive-before-answer',
    clause: 'websocket/connect/no-receive-before-answer',
    breaks: 'the application gets a message before it has accepted',
    sabotage: calls('websocket', ({ receive }) => {
      let turn = 0
      return {
        receive: async () => {
          turn += 1
          return turn === 2 ? { type: 'websocket.receive', bytes: null, text: '' } : await receive()
        },
      }
    }),
  },
  {
    id: 'handshake/subprotocol-not-named',
    property: 'websocket/accept/subprotocol',
    clause: 'websocket/accept/subprotocol',
    breaks: 'the accepted subprotocol is not in the handshake response',
    sabotage: accepts((message) => ({ ...message, subprotocol: null })),
  },
  {
    id: 'handshake/subprotocol-first-offered',
    property: 'websocket/accept/subprotocol',
    clause: 'wire/rfc6455/no-subprotocol-no-field',
    breaks: 'a subprotocol is named although the application accepted none',
    sabotage: switchingLines((lines) =>
      lines.some((line) => isNamed(line, 'sec-websocket-protocol'))
        ? lines
        : [...lines, 'sec-websocket-protocol: chat'],
    ),
  },
  {
    id: 'handshake/accept-headers-reversed',
    property: 'websocket/accept/headers',
    clause: 'websocket/accept/headers-in-order',
    breaks: 'the headers of the accept go out in reverse order',
    sabotage: accepts((message) => withHeaders(message, headersOf(message).toReversed())),
  },
  {
    id: 'handshake/accept-headers-lost',
    property: 'websocket/accept/headers',
    clause: 'websocket/accept/headers',
    breaks: 'the headers of the accept do not go out',
    sabotage: accepts((message) => withHeaders(message, [])),
  },
  {
    id: 'handshake/denied-with-404',
    property: 'websocket/close/before-accept-403',
    clause: 'websocket/close/before-accept-403',
    breaks: 'a close before the accept gives the client a 404',
    sabotage: {
      outgoing: (bytes) => bytes.replace('HTTP/1.1 403 ', 'HTTP/1.1 404 '),
    },
  },
  {
    id: 'handshake/denial-status-constant',
    property: 'extension/denial/after-connect',
    clause: 'extension/denial/after-connect',
    breaks: 'every denial response has the status 403',
    sabotage: messages(
      (message) =>
        message['type'] === 'websocket.http.response.start' ? { ...message, status: 403 } : message,
      'websocket',
    ),
  },
  {
    id: 'handshake/key-invented',
    property: 'wire/rfc6455/handshake-key',
    clause: 'wire/rfc6455/handshake-key',
    breaks: 'a handshake without a key is completed',
    sabotage: requests((bytes) =>
      /\r\nSec-WebSocket-Key: \S/i.test(bytes)
        ? bytes
        : bytes
            .replace(/\r\nSec-WebSocket-Key:[^\r]*/i, '')
            .replace('\r\n', '\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'),
    ),
  },
  {
    id: 'handshake/second-key-ignored',
    property: 'wire/rfc6455/handshake-key',
    clause: 'wire/rfc6455/handshake-key',
    breaks: 'of two keys the first is answered',
    sabotage: requests((bytes) =>
      bytes.replace(/(\r\nSec-WebSocket-Key:[^\r]*)\r\nSec-WebSocket-Key:[^\r]*/i, '$1'),
    ),
  },
  {
    id: 'handshake/version-assumed',
    property: 'wire/rfc6455/handshake-invalid',
    clause: 'wire/rfc6455/handshake-invalid',
    breaks: 'a handshake without a version is completed as one of 13',
    sabotage: requests((bytes) =>
      /\r\nSec-WebSocket-Key:/i.test(bytes) && !/\r\nSec-WebSocket-Version: \S/i.test(bytes)
        ? bytes
            .replace(/\r\nSec-WebSocket-Version:[^\r]*/i, '')
            .replace('\r\n', '\r\nSec-WebSocket-Version: 13\r\n')
        : bytes,
    ),
  },
  {
    id: 'handshake/any-method',
    property: 'wire/rfc6455/handshake-get',
    clause: 'wire/rfc6455/handshake-get',
    breaks: 'a handshake is completed whatever its method and version',
    sabotage: requests((bytes) =>
      bytes.replace(/^[A-Z]+ (\S+) HTTP\/1\.\d(?=\r\n[^]*Sec-WebSocket-Key)/, 'GET $1 HTTP/1.1'),
    ),
  },
  {
    id: 'handshake/any-version',
    property: 'wire/rfc6455/version-unsupported',
    clause: 'wire/rfc6455/version-unsupported',
    breaks: 'a handshake of any version is completed',
    sabotage: requests((bytes) =>
      bytes.replace(/\r\nSec-WebSocket-Version: \d+/, '\r\nSec-WebSocket-Version: 13'),
    ),
  },
  {
    id: 'handshake/versions-not-listed',
    property: 'wire/rfc6455/version-unsupported',
    clause: 'wire/rfc6455/versions-listed',
    breaks: 'the refusal of a version does not say which versions work',
    sabotage: heads((head) => ({
      ...head,
      lines: head.lines.filter((line) => !isNamed(line, 'sec-websocket-version')),
    })),
  },
  {
    id: 'handshake/accept-not-needed',
    property: 'websocket/send/before-accept',
    clause: 'websocket/connect/before-handshake',
    breaks: 'a message before the accept completes the handshake',
    sabotage: sends(async (message, { send }) => {
      if (message['type'] === 'websocket.send')
        await send({ type: 'websocket.accept' }).catch(() => undefined)
      await send(message)
    }, 'websocket'),
  },
  {
    id: 'handshake/second-accept-answered',
    property: 'websocket/accept/twice',
    clause: 'wire/rfc6455/handshake-response',
    breaks: 'a second accept puts a second handshake response on the wire, and closes',
    sabotage: sends(async (message, { send, tap }) => {
      if (message['type'] === 'websocket.accept' && tap?.upgraded === true) {
        tap.inject('HTTP/1.1 101 Switching Protocols\r\n\r\n')
        tap.end()
      }
      await send(message)
    }, 'websocket'),
  },
  {
    id: 'handshake/line-breaks-in-values',
    property: 'websocket/accept/split-header',
    clause: 'wire/rfc6455/handshake-response-valid',
    breaks: 'line breaks in header values of the accept reach the wire',
    sabotage: both(
      accepts((message) =>
        withHeaders(
          message,
          headersOf(message).map(([name, value]) => [
            name,
            value.replaceAll('\0', '\xfd').replaceAll('\r', '\xfe').replaceAll('\n', '\xff'),
          ]),
        ),
      ),
      {
        outgoing: (bytes) =>
          bytes.replaceAll('\xfd', '\0').replaceAll('\xfe', '\r').replaceAll('\xff', '\n'),
      },
    ),
  },
]

function accepts(edit: (message: Dict) => Dict): Mutant['sabotage'] {
  return messages(
    (message) => (message['type'] === 'websocket.accept' ? edit(message) : message),
    'websocket',
  )
}

/** Changes each header line of a 101. */
function switching(edit: (line: string) => string): Mutant['sabotage'] {
  return switchingLines((lines) => lines.map(edit))
}

function switchingLines(edit: (lines: readonly string[]) => readonly string[]): Mutant['sabotage'] {
  return {
    outgoing: (bytes) => {
      if (!bytes.startsWith('HTTP/1.1 101 ')) return bytes
      const [head = '', ...rest] = bytes.split('\r\n\r\n')
      const [status = '', ...lines] = head.split('\r\n')
      return [[status, ...edit(lines)].join('\r\n'), ...rest].join('\r\n\r\n')
    },
  }
}
