import type { Http2Client } from '../../http2/client.ts'
import type { ClientStream } from '../../http2/client-stream.ts'
import { SETTING } from '../../http2/frame.ts'
import type { Field } from '../../http2/hpack-table.ts'
import { describeEnd, openHttp2 } from '../../http2/open.ts'
import { inOrder } from '../../judge/order.ts'
import { MARKER } from '../../testers/channel.ts'
import { RemoteScope } from '../../testers/remote-scope.ts'
import type { WireResponse } from '../../testers/response-reader.ts'
import { claims } from '../../testers/spec-version.ts'
import { Abandoned, type Trial } from '../../testers/trial.ts'
import { isDict, type Message, type PyDict, show } from '../../testers/values.ts'
import { MessageReader } from '../../websocket/message-reader.ts'

export const CONNECT = 'wire/rfc8441/extended-connect'
export const AUTHORITY = 'assay.test'

/** One WebSocket on a stream, held at both ends. */
export interface Socket {
  readonly client: Http2Client
  readonly stream: ClientStream
  readonly app: RemoteScope
}

/** An extended CONNECT, and what came of it: a scope, a response, or the end of its stream. */
interface Asked {
  readonly client: Http2Client
  readonly stream: ClientStream
  readonly first: RemoteScope | WireResponse | null
}

/** Null where the server announces no WebSocket over HTTP/2, which is its right. */
export async function ask(
  trial: Trial,
  target: string,
  fields: readonly Field[],
  version = '13',
): Promise<Asked | null> {
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
    ['sec-websocket-version', version],
    ...fields,
    [MARKER, client.channel.marker(stream.id)],
  ]
  client.sendFields(stream.id, head, { endStream: false })
  const first = await trial.iut.within(Promise.race([arrived, stream.answered]), CONNECT, 'a scope')
  return { client, stream, first }
}

/**
 * What the server itself answers to a version that nobody speaks, null for nothing; undefined where it offers no
 * WebSocket over HTTP/2.
 */
export async function refusalOfVersion(trial: Trial): Promise<WireResponse | null | undefined> {
  const asked = trial.iut.target.has('websocket') ? await ask(trial, '/', [], '12') : null
  if (asked === null) return undefined
  return asked.first instanceof RemoteScope ? null : asked.first
}

/** One that every server must pass on which announces WebSocket over HTTP/2. */
export async function open(
  trial: Trial,
  target: string,
  fields: readonly Field[],
): Promise<Socket | null> {
  const asked = await ask(trial, target, fields)
  if (asked === null) return null
  const { client, stream, first } = asked
  const app = first instanceof RemoteScope ? first : null
  const held = trial.check(CONNECT, app !== null, 'a scope', () => describeEnd(client, stream))
  if (!held || app === null) throw new Abandoned()
  trial.held.push({ app, judgeInvariants: () => undefined })
  return { client, stream, app }
}

/** Sends websocket.accept and reads frames from then on. */
export async function accept(
  trial: Trial,
  socket: Socket,
  subprotocol: string | null,
  headers: readonly Field[] = [],
): Promise<MessageReader> {
  const { client, stream } = socket
  const reader = new MessageReader(null)
  stream.sink = (bytes) => reader.push(bytes)
  const clause = 'wire/rfc8441/accepted-by-2xx'
  const pairs = headers.map(([name, value]) => [Buffer.from(name), Buffer.from(value)])
  const accepting = headers.length === 0 ? {} : { headers: pairs }
  await send(trial, socket, { type: 'websocket.accept', subprotocol, ...accepting }, clause)
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
  if (headers.length > 0) judgeHeaders(trial, socket, headers, head?.headers ?? [])
  return reader
}

function judgeHeaders(
  trial: Trial,
  { app }: Socket,
  headers: readonly Field[],
  response: readonly (readonly [string, string])[],
): void {
  // Before 2.1 headers are an additional key of websocket.accept.
  if (!claims(app.scope, '2.1')) return
  const names = new Set(headers.map(([name]) => name))
  const kept = response.filter(([name]) => names.has(name))
  const observed = (): string => JSON.stringify(kept)
  const expected = JSON.stringify(headers)
  trial.check('websocket/accept/headers', sorted(kept) === sorted(headers), expected, observed)
  trial.check('websocket/accept/headers-in-order', inOrder(kept, headers), expected, observed)
}

function sorted(fields: readonly (readonly string[])[]): string {
  return JSON.stringify(fields.map((field) => field.join(': ')).toSorted())
}

export async function judgeEnd(trial: Trial, { client, stream }: Socket): Promise<void> {
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

export async function receive(
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

export async function send(
  trial: Trial,
  { app }: Socket,
  message: Message,
  clause: string,
): Promise<void> {
  const { raised } = await trial.iut.returned(app.send(message), clause)
  const accepted = raised === null
  const expected = `${show(message['type'])} accepted`
  if (!trial.check(clause, accepted, expected, () => String(raised?.chain[0])))
    throw new Abandoned()
}
