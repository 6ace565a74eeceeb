import fc from 'fast-check'
import { word } from '../../arbitraries/http.ts'
import type { Http2Client } from '../../http2/client.ts'
import type { ClientStream } from '../../http2/client-stream.ts'
import { dataFrame, resetStream, SETTING } from '../../http2/frame.ts'
import type { Field } from '../../http2/hpack-table.ts'
import { describeEnd, openHttp2 } from '../../http2/open.ts'
import { MARKER } from '../../testers/channel.ts'
import { RemoteScope } from '../../testers/remote-scope.ts'
import { Abandoned, type Trial } from '../../testers/trial.ts'
import { isDict, type Message, type PyDict, show } from '../../testers/values.ts'
import { encodeFrame } from '../../websocket/frame.ts'
import { closeFrame, framesOf, plainMessage } from '../../websocket/message-plan.ts'
import { MessageReader } from '../../websocket/message-reader.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'
import { pairsOf } from './scope.ts'

const CONNECT = 'wire/rfc8441/extended-connect'
const BEFORE_ACCEPT = 'websocket/close/before-accept-403'
const DENIAL = 'extension/denial/after-connect'
const DISCONNECT = 'websocket/disconnect/any-cause'
/** RFC 9113 §7, CANCEL: what RFC 8441 §5 has in place of a reset of TCP. */
const CANCEL = 0x8
const AUTHORITY = 'assay.test'

/** One WebSocket on a stream, held at both ends. */
interface Socket {
  readonly client: Http2Client
  readonly stream: ClientStream
  readonly app: RemoteScope
}

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
      'websocket/disconnect/code',
    ],
    needs: ['websocket'],
    enough: 60,
    program: fc.record({
      path: word,
      query: word,
      subprotocols: fc.array(word, { maxLength: 2 }),
      text: fc.string({ maxLength: 20 }),
      code: fc.constantFrom(1000, 1001, 3000),
    }),
    async run(trial, { path, query, subprotocols, text, code }) {
      const fields = subprotocols.map((name) => ['sec-websocket-protocol', name] as const)
      const socket = await open(trial, `/${path}?${query}`, fields)
      if (socket === null) return
      judgeScope(trial, socket.app.scope, path, query, subprotocols)
      await receive(trial, socket, 'websocket/connect/event', 'websocket.connect')
      // Of those that were handed on: whether all were is judged above.
      const { subprotocols: offered } = socket.app.scope
      const [chosen] = Array.isArray(offered) ? offered : []
      const reader = await accept(trial, socket, typeof chosen === 'string' ? chosen : null)
      const { client, stream } = socket
      const frames = framesOf(plainMessage('text', text)).map(encodeFrame)
      await client.sendContent(stream, Buffer.concat(frames), false)
      const clause = 'websocket/receive/complete-messages'
      const event = await receive(trial, socket, clause, 'websocket.receive')
      trial.check(clause, event['text'] === text, show(text), () => show(event))
      await send(trial, socket, { type: 'websocket.send', text }, 'websocket/send/text')
      await trial.iut.within(
        client.until(() => reader.messages.length > 0 || stream.over),
        'websocket/send/text',
        'a message of the server',
      )
      const [message] = reader.messages
      const same = message?.kind === 'text' && message.content.toString('utf8') === text
      trial.check('websocket/send/text', same, show(text), () => show(message?.content))
      await judgeClose(trial, socket, code)
    },
  }),
  http2Property({
    id: 'extension/denial/http2',
    law: 'the HTTP response with which the application denies a WebSocket over HTTP/2 reaches the client as it is',
    clauses: [DENIAL],
    needs: ['websocket', 'websocket/denial'],
    enough: 12,
    program: fc.record({
      status: fc.constantFrom(200, 401, 404),
      parts: fc.array(word, { minLength: 1, maxLength: 3 }),
    }),
    async run(trial, { status, parts }) {
      const socket = await open(trial, '/', [])
      if (socket === null) return
      const { extensions } = socket.app.scope
      if (!isDict(extensions) || !('websocket.http.response' in extensions)) return
      await receive(trial, socket, 'websocket/connect/event', 'websocket.connect')
      const type = 'websocket.http.response'
      const headers = [[Buffer.from('x-denied'), Buffer.from('yes')]]
      await send(trial, socket, { type: `${type}.start`, status, headers }, DENIAL)
      for (const [index, part] of parts.entries()) {
        const more = index < parts.length - 1
        const body = Buffer.from(part)
        await send(trial, socket, { type: `${type}.body`, body, more_body: more }, DENIAL)
      }
      void socket.app.return()
      const response = await trial.iut.within(socket.stream.answered, DENIAL, 'the response')
      const whole = response?.complete === true && response.body.toString() === parts.join('')
      trial.check(
        DENIAL,
        whole && response.status === status,
        `status ${status} with ${show(parts.join(''))}`,
        () => `${response?.status} with ${show(response?.body)}`,
      )
    },
  }),
  http2Property({
    id: 'wire/rfc8441/orderly-close',
    law: 'a WebSocket that its application closes, or refuses, ends its stream, and no other',
    clauses: ['wire/rfc8441/orderly-close', BEFORE_ACCEPT, 'websocket/close/code'],
    needs: ['websocket'],
    enough: 8,
    program: fc.record({ accepted: fc.boolean(), code: fc.constantFrom(1000, 4000) }),
    async run(trial, { accepted, code }) {
      const socket = await open(trial, '/', [])
      if (socket === null) return
      const { client, stream } = socket
      await receive(trial, socket, 'websocket/connect/event', 'websocket.connect')
      if (!accepted) {
        await send(trial, socket, { type: 'websocket.close' }, BEFORE_ACCEPT)
        void socket.app.return()
        const response = await trial.iut.within(stream.answered, BEFORE_ACCEPT, 'a refusal')
        trial.check(BEFORE_ACCEPT, response?.status === 403, 'status 403', () =>
          String(response?.status),
        )
        return
      }
      const reader = await accept(trial, socket, null)
      await send(trial, socket, { type: 'websocket.close', code }, 'websocket/close/code')
      await trial.iut.within(
        client.until(() => reader.close !== null || stream.over),
        'websocket/close/code',
        'a Close frame',
      )
      const seen = reader.close?.code ?? null
      trial.check('websocket/close/code', seen === code, String(code), () => String(seen))
      const answer = Buffer.alloc(2)
      answer.writeUInt16BE(code)
      client.write(dataFrame(stream.id, encodeFrame(closeFrame(answer)), true))
      void socket.app.return()
      await judgeEnd(trial, socket)
    },
  }),
  http2Property({
    id: 'websocket/disconnect/http2',
    law: 'a stream that its client ends or resets without a Close frame reaches the application as websocket.disconnect',
    clauses: ['websocket/disconnect/event', DISCONNECT],
    needs: ['websocket'],
    enough: 12,
    program: fc.record({
      loss: fc.constantFrom('end of the stream' as const, 'reset of the stream' as const),
      text: fc.option(word, { nil: null }),
      listening: fc.boolean(),
    }),
    async run(trial, { loss, text, listening }) {
      const socket = await open(trial, '/', [])
      if (socket === null) return
      await receive(trial, socket, 'websocket/connect/event', 'websocket.connect')
      await accept(trial, socket, null)
      const { client, stream } = socket
      if (text !== null) {
        const frames = framesOf(plainMessage('text', text)).map(encodeFrame)
        await client.sendContent(stream, Buffer.concat(frames), false)
        await receive(trial, socket, 'websocket/receive/complete-messages', 'websocket.receive')
      }
      const waiting = listening ? receive(trial, socket, DISCONNECT, 'websocket.disconnect') : null
      waiting?.catch(() => undefined)
      await trial.iut.settle()
      client.write(
        loss === 'end of the stream'
          ? dataFrame(stream.id, Buffer.alloc(0), true)
          : resetStream(stream.id, CANCEL),
      )
      await (waiting ?? receive(trial, socket, DISCONNECT, 'websocket.disconnect'))
      trial.check('websocket/disconnect/event', true, '', () => '')
      void socket.app.return()
    },
  }),
]

/** Null where the server announces no WebSocket over HTTP/2, which is its right. */
async function open(
  trial: Trial,
  target: string,
  fields: readonly Field[],
): Promise<Socket | null> {
  const client = await openHttp2(trial)
  const announced = client.settings.get(SETTING.enableConnectProtocol)
  if (announced !== undefined) {
    const valid = announced === 0 || announced === 1
    trial.check('wire/rfc8441/setting-value', valid, '0 or 1', () => String(announced))
  }
  if (announced !== 1) {
    trial.judge.notApplicable(CONNECT, 'the server announces no extended CONNECT')
    return null
  }
  const stream = client.stream('CONNECT')
  const arrived = client.channel.scopeOf(stream.id)
  const head: readonly Field[] = [
    [':method', 'CONNECT'],
    [':protocol', 'websocket'],
    [':scheme', trial.iut.secure ? 'https' : 'http'],
    [':authority', AUTHORITY],
    [':path', target],
    ['sec-websocket-version', '13'],
    ...fields,
    [MARKER, client.channel.marker(stream.id)],
  ]
  client.sendFields(stream.id, head, { endStream: false })
  const first = await trial.iut.within(Promise.race([arrived, stream.answered]), CONNECT, 'a scope')
  const app = first instanceof RemoteScope ? first : null
  const held = trial.check(CONNECT, app !== null, 'a scope', () => describeEnd(client, stream))
  if (!held || app === null) throw new Abandoned()
  trial.held.push({ app, judgeInvariants: () => undefined })
  return { client, stream, app }
}

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

/** Sends websocket.accept and reads frames from then on. */
async function accept(
  trial: Trial,
  socket: Socket,
  subprotocol: string | null,
): Promise<MessageReader> {
  const { client, stream } = socket
  const reader = new MessageReader(null)
  stream.sink = (bytes) => reader.push(bytes)
  const clause = 'wire/rfc8441/accepted-by-2xx'
  await send(trial, socket, { type: 'websocket.accept', subprotocol }, clause)
  await trial.iut.within(
    client.until(() => stream.assembly.head !== null || stream.over),
    clause,
    'a response to the handshake',
  )
  const { head } = stream.assembly
  const status = head?.status ?? 0
  const held = trial.check(clause, status >= 200 && status < 300, 'a 2xx status', () =>
    head === null ? describeEnd(client, stream) : String(status),
  )
  const fields = (head?.headers ?? []).map(([name]) => name)
  const keyed = fields.includes('sec-websocket-accept')
  trial.check('wire/rfc8441/no-key-processing', !keyed, 'no Sec-WebSocket-Accept', () =>
    fields.join(', '),
  )
  const agreed = head?.headers.find(([name]) => name === 'sec-websocket-protocol')?.[1] ?? null
  trial.check('websocket/accept/subprotocol', agreed === subprotocol, String(subprotocol), () =>
    String(agreed),
  )
  if (!held) throw new Abandoned()
  return reader
}

async function judgeClose(trial: Trial, socket: Socket, code: number): Promise<void> {
  const { client, stream } = socket
  const body = Buffer.alloc(2)
  body.writeUInt16BE(code)
  await client.sendContent(stream, encodeFrame(closeFrame(body)), false)
  const clause = 'websocket/disconnect/code'
  const event = await receive(trial, socket, clause, 'websocket.disconnect')
  trial.check(clause, event['code'] === code, String(code), () => show(event))
  void socket.app.return()
  await judgeEnd(trial, socket)
}

async function judgeEnd(trial: Trial, { client, stream }: Socket): Promise<void> {
  const clause = 'wire/rfc8441/orderly-close'
  await trial.iut.within(
    client.until(() => stream.over),
    clause,
    'END_STREAM',
  )
  const orderly = stream.assembly.ended && !client.closed
  trial.check(clause, orderly, 'END_STREAM, and a connection that goes on', () =>
    describeEnd(client, stream),
  )
}

async function receive(
  trial: Trial,
  { app }: Socket,
  clause: string,
  type: string,
): Promise<PyDict> {
  const { value } = await trial.iut.within(app.receive(), clause, type)
  const event = isDict(value) ? value : {}
  if (!trial.check(clause, event['type'] === type, type, () => show(value))) throw new Abandoned()
  return event
}

async function send(
  trial: Trial,
  { app }: Socket,
  message: Message,
  clause: string,
): Promise<void> {
  const { raised } = await trial.iut.within(app.send(message), clause, 'the return of send()')
  const accepted = raised === null
  const expected = `${show(message['type'])} accepted`
  if (!trial.check(clause, accepted, expected, () => String(raised?.chain[0])))
    throw new Abandoned()
}
