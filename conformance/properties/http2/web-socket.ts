import fc from 'fast-check'
import { word } from '../../arbitraries/http.ts'
import type { Trial } from '../../testers/trial.ts'
import { type PyDict, show } from '../../testers/values.ts'
import { closeBody } from '../../websocket/close.ts'
import { encodeFrame } from '../../websocket/frame.ts'
import { closeFrame, framesOf, pingFrame, plainMessage } from '../../websocket/message-plan.ts'
import type { MessageReader } from '../../websocket/message-reader.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'
import { pairsOf } from './scope.ts'
import {
  AUTHORITY,
  accept,
  CONNECT,
  judgeEnd,
  open,
  receive,
  type Socket,
  send,
} from './web-socket-stream.ts'

/** RFC 8441: WebSocket over one stream of HTTP/2, for servers that announce it. */
export const webSocket: readonly Property[] = [
  http2Property({
    id: CONNECT,
    law: 'an extended CONNECT becomes a websocket scope, and once accepted its stream carries messages both ways',
    clauses: [
      CONNECT,
      'wire/rfc8441/setting-value',
      'wire/rfc8441/accepted-by-2xx',
      'wire/rfc8441/no-key-processing',
      'wire/rfc8441/orderly-close',
      'websocket/scope/http-version',
      'websocket/scope/scheme',
      'websocket/scope/path',
      'websocket/scope/query-string',
      'websocket/scope/subprotocols',
      'websocket/scope/pseudo-headers-removed',
      'websocket/scope/authority-as-host',
      'websocket/connect/event',
      'websocket/receive/complete-messages',
      'websocket/receive/bytes',
      'websocket/accept/headers',
      'websocket/accept/headers-in-order',
      'websocket/send/text',
      'websocket/send/bytes',
      'wire/rfc6455/ping-answered',
      'wire/rfc6455/pong-payload',
      'websocket/disconnect/code',
      'websocket/disconnect/code-1005',
      'wire/rfc6455/close-reason',
    ],
    needs: ['websocket'],
    enough: 60,
    program: fc.record({
      path: word,
      query: word,
      // RFC 6455 §4.1: each of them another one.
      subprotocols: fc.uniqueArray(word, { maxLength: 2 }),
      /** The client sends a key as it would over HTTP/1.1: nobody processes it (RFC 8441 §5). */
      keyed: fc.boolean(),
      headers: fc.array(fc.tuple(fc.constantFrom('x-one', 'set-cookie', 'x-two'), word), {
        maxLength: 3,
      }),
      kind: fc.constantFrom('text' as const, 'binary' as const),
      text: fc.string({ maxLength: 20 }),
      ping: fc.option(word, { nil: null }),
      code: fc.constantFrom(null, 1000, 1001, 3000),
      reason: word,
    }),
    async run(trial, { path, query, subprotocols, keyed, headers, ...said }) {
      const { kind, text, ping, code, reason } = said
      const fields = [
        ...subprotocols.map((name) => ['sec-websocket-protocol', name] as const),
        ...(keyed ? [KEY] : []),
      ]
      const socket = await open(trial, `/${path}?${query}`, fields)
      if (socket === null) return
      judgeScope(trial, socket.app.scope, path, query, subprotocols)
      await receive(trial, socket, 'websocket/connect/event', 'websocket.connect')
      // Of those that were handed on: whether all were is judged above.
      const { subprotocols: offered } = socket.app.scope
      const [chosen] = Array.isArray(offered) ? offered : []
      const subprotocol = typeof chosen === 'string' ? chosen : null
      const reader = await accept(trial, socket, subprotocol, headers)
      await judgeMessages(trial, socket, reader, kind, text)
      if (ping !== null) await judgePing(trial, socket, reader, ping)
      await judgeClose(trial, socket, code, reason)
    },
  }),
]

const KEY = ['sec-websocket-key', 'YXNzYXkgaGFuZHNoYWtlIQ=='] as const

function judgeScope(
  trial: Trial,
  scope: PyDict,
  path: string,
  query: string,
  subprotocols: readonly string[],
): void {
  const scheme = trial.iut.secure ? 'wss' : 'ws'
  const told = (clause: string, holds: boolean, expected: string, key: string): void => {
    trial.check(clause, holds, expected, () => show(scope[key]))
  }
  told(CONNECT, scope['type'] === 'websocket', 'type "websocket"', 'type')
  told('websocket/scope/http-version', scope['http_version'] === '2', '"2"', 'http_version')
  const named = scope['scheme'] === scheme || (scope['scheme'] === undefined && scheme === 'ws')
  told('websocket/scope/scheme', named, show(scheme), 'scheme')
  told('websocket/scope/path', scope['path'] === `/${path}`, show(`/${path}`), 'path')
  const asked = Buffer.from(query, 'latin1')
  const same = show(scope['query_string']) === show(asked)
  told('websocket/scope/query-string', same, show(asked), 'query_string')
  const offered = scope['subprotocols'] ?? []
  const listed = JSON.stringify(offered) === JSON.stringify(subprotocols)
  told('websocket/scope/subprotocols', listed, JSON.stringify(subprotocols), 'subprotocols')
  const headers = pairsOf(scope['headers'])
  const pseudo = headers.some(([name]) => name.startsWith(':'))
  told('websocket/scope/pseudo-headers-removed', !pseudo, 'no pseudo header', 'headers')
  const [first] = headers
  const host = first?.[0] === 'host' && first[1] === AUTHORITY
  told('websocket/scope/authority-as-host', host, `host: ${AUTHORITY} first`, 'headers')
}

/** One message there, and the same one back. */
async function judgeMessages(
  trial: Trial,
  socket: Socket,
  reader: MessageReader,
  kind: 'text' | 'binary',
  text: string,
): Promise<void> {
  const { client, stream } = socket
  const plan = plainMessage(kind, kind === 'text' ? text : Buffer.from(text).toString('latin1'))
  await client.sendContent(stream, Buffer.concat(framesOf(plan).map(encodeFrame)), false)
  const clause = kind === 'text' ? 'websocket/receive/complete-messages' : 'websocket/receive/bytes'
  const key = kind === 'text' ? 'text' : 'bytes'
  const content = kind === 'text' ? text : Buffer.from(text)
  const event = await receive(trial, socket, clause, 'websocket.receive')
  trial.check(clause, show(event[key]) === show(content), show(content), () => show(event))
  const answer = `websocket/send/${key}`
  await send(trial, socket, { type: 'websocket.send', [key]: content }, answer)
  await trial.iut.within(
    client.until(() => reader.messages.length > 0 || stream.over),
    answer,
    'a message of the server',
  )
  const [message] = reader.messages
  const same = message?.kind === kind && message.content.equals(Buffer.from(text))
  trial.check(answer, same, show(content), () => `${message?.kind} ${show(message?.content)}`)
}

async function judgePing(
  trial: Trial,
  { client, stream }: Socket,
  reader: MessageReader,
  payload: string,
): Promise<void> {
  const clause = 'wire/rfc6455/ping-answered'
  const frame = pingFrame(Buffer.from(payload))
  await client.sendContent(stream, encodeFrame(frame), false)
  await trial.iut.within(
    client.until(() => reader.pongs.length > 0 || stream.over),
    clause,
    'a Pong',
  )
  const seen = reader.pongs.map(String)
  const observed = (): string => JSON.stringify(seen)
  if (!trial.check(clause, seen.length > 0, 'a Pong', observed)) return
  const same = seen[0] === payload
  trial.check('wire/rfc6455/pong-payload', same, show(payload), observed)
}

async function judgeClose(
  trial: Trial,
  socket: Socket,
  code: number | null,
  reason: string,
): Promise<void> {
  const { client, stream } = socket
  const body = closeBody(code, code === null ? '' : reason)
  await client.sendContent(stream, encodeFrame(closeFrame(body)), false)
  const clause = code === null ? 'websocket/disconnect/code-1005' : 'websocket/disconnect/code'
  const event = await receive(trial, socket, clause, 'websocket.disconnect')
  const expected = code ?? 1005
  trial.check(clause, event['code'] === expected, String(expected), () => show(event))
  // The key is optional: only a reason that is given can be a wrong one.
  const given = event['reason'] ?? ''
  const told = given === '' || code === null || given === reason
  trial.check('wire/rfc6455/close-reason', told, show(reason), () => show(given))
  void socket.app.return()
  await judgeEnd(trial, socket)
}
