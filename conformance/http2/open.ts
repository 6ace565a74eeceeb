import type { Judge } from '../judge/judge.ts'
import type { Exchange } from '../testers/exchange.ts'
import { RemoteScope } from '../testers/remote-scope.ts'
import type { WireResponse } from '../testers/response-reader.ts'
import { Abandoned, type Trial } from '../testers/trial.ts'
import { type ClientOptions, Http2Client } from './client.ts'
import type { ClientStream } from './client-stream.ts'
import { describeFrame, errorName, FLAG, FRAME, NO_EXTRAS } from './frame.ts'
import { PLAIN_STYLE } from './hpack-encoder.ts'
import { askedRequest, fieldsOf, type HeadFraming, type Http2Request, h2 } from './request.ts'

/** An exchange over HTTP/2, and the stream that it is on. */
export interface Http2Exchange {
  readonly exchange: Exchange
  readonly stream: ClientStream
}

/** A request on its way: its head is on the wire. */
export interface Asked {
  readonly request: Http2Request
  readonly stream: ClientStream
  readonly arrived: Promise<RemoteScope>
}

/** What came of a request that may be refused. */
export type Knock =
  | { readonly served: Http2Exchange; readonly response: null }
  | { readonly served: null; readonly response: WireResponse | null }

const PLAIN: HeadFraming = { style: PLAIN_STYLE, extras: NO_EXTRAS, cuts: [] }

/** A connection whose client has sent its preface and has the server's; judged with the program. */
export async function openHttp2(trial: Trial, options: ClientOptions = {}): Promise<Http2Client> {
  const client = await connectHttp2(trial, options)
  client.greet()
  await trial.iut.within(
    client.until(() => client.closed || client.acknowledged > 0),
    'wire/rfc9113/settings-acknowledged',
    'the acknowledgement of SETTINGS',
  )
  const clause = 'wire/rfc9113/settings-acknowledged'
  const held = trial.check(
    clause,
    !client.closed,
    'an acknowledgement of SETTINGS',
    () => 'a close',
  )
  if (!held) throw new Abandoned()
  return client
}

/** A connection on which nothing has been said. */
export async function connectHttp2(
  trial: Trial,
  options: ClientOptions = {},
): Promise<Http2Client> {
  const channel = await trial.connectHttp2()
  const { tls } = channel.wire
  if (tls !== null) {
    const chosen = tls.alpnProtocol === 'h2'
    const held = trial.check('wire/rfc9113/alpn', chosen, 'h2 chosen by ALPN', () =>
      String(tls.alpnProtocol),
    )
    if (!held) throw new Abandoned()
  }
  const client = new Http2Client(channel, options)
  trial.held.push({ app: null, judgeInvariants: (judge) => judgeConnection(client, judge) })
  return client
}

/** What each response keeps in its frames, unless a defect says otherwise. */
const FRAME_CLAUSES = [
  'wire/rfc9113/frame-size-sent',
  'wire/rfc9113/field-block-contiguous',
  'wire/rfc9113/field-block-decodable',
  'wire/rfc9113/flow-control',
]

/** What holds on every connection, whatever the program is about. */
function judgeConnection(client: Http2Client, judge: Judge): void {
  const headless = Array.from(client.streams.values(), ({ assembly }) => assembly)
    .filter(({ head }) => head === null)
    .flatMap(({ defects }) => defects)
  // Those of a response with a head are judged with its exchange.
  for (const { clause, expected, observed } of [...client.defects, ...headless])
    judge.check(clause, false, expected, () => observed)
  const [first] = client.frames
  if (first === undefined) return
  if (client.frames.some(({ type }) => type === FRAME.headers))
    for (const clause of FRAME_CLAUSES) judge.check(clause, true, '', String)
  judge.check(
    'wire/rfc9113/server-preface',
    first.type === FRAME.settings && (first.flags & FLAG.ack) === 0,
    'SETTINGS as first frame',
    () => describeFrame(first),
  )
}

/** Puts the head of a request on a new stream; the content, if any, is the caller's to send. */
export function ask(
  trial: Trial,
  client: Http2Client,
  request: Http2Request,
  { style, extras, cuts }: HeadFraming = PLAIN,
): Asked {
  const stream = client.stream(request.method)
  const arrived = client.channel.scopeOf(stream.id)
  const scheme = trial.iut.secure ? 'https' : 'http'
  const fields = fieldsOf(request, scheme, client.channel.marker(stream.id))
  const endStream = request.content.length === 0 && request.end === 'last'
  const length = fields.reduce((sum, [name, value]) => sum + name.length + value.length + 3, 0)
  client.sendFields(stream.id, fields, {
    endStream,
    style,
    extras,
    cuts: cuts.map((share) => Math.floor((share * length) / 1000)),
  })
  return { request, stream, arrived }
}

/** Sends the content of a request as far as the server lets it through; false when the stream ended first. */
async function sendContent(
  client: Http2Client,
  asked: Asked,
  { style, extras, cuts }: HeadFraming,
): Promise<boolean> {
  const { content, end, padding } = asked.request
  for (const [index, piece] of content.entries()) {
    const last = end === 'last' && index === content.length - 1
    const bytes = Buffer.from(piece, 'latin1')
    if (!(await client.sendContent(asked.stream, bytes, last, padding))) return false
  }
  if (end === 'last') return true
  if (end === 'trailers') {
    const framing = { style, extras, cuts: cuts.length > 0 ? [1] : [] }
    client.sendFields(asked.stream.id, [['x-sum', '1']], { endStream: true, ...framing })
    return true
  }
  return await client.sendContent(asked.stream, Buffer.alloc(0), true, padding)
}

/** Sends a request that a server may refuse. */
export async function knock(
  trial: Trial,
  client: Http2Client,
  request: Http2Request,
  framing: HeadFraming = PLAIN,
): Promise<Knock> {
  const asked = ask(trial, client, request, framing)
  void sendContent(client, asked, framing)
  const first = await trial.iut.within(
    Promise.race([asked.arrived, asked.stream.answered]),
    'http/scope/one-per-request',
    'a scope or a response for the request',
  )
  if (!(first instanceof RemoteScope)) return { served: null, response: first }
  return { served: adopt(trial, client, asked, first), response: null }
}

/** So many requests, one after the other, each answered by its application. */
export async function answer(trial: Trial, client: Http2Client, requests: number): Promise<void> {
  for (let count = 0; count < requests; count += 1) {
    const { exchange } = await serve(trial, client, h2.get('/'))
    await exchange.respond({ status: 200, body: ['ok'] })
    await exchange.response()
  }
}

/** Sends a request that every server must serve, and waits for its scope: both ends are in hand. */
export async function serve(
  trial: Trial,
  client: Http2Client,
  request: Http2Request,
  framing: HeadFraming = PLAIN,
): Promise<Http2Exchange> {
  const { served, response } = await knock(trial, client, request, framing)
  if (served !== null) return served
  const asked = `a scope for ${request.method} ${request.target}`
  const last = client.streams.get(Math.max(...client.streams.keys()))
  trial.check('http/scope/one-per-request', false, asked, () =>
    response === null ? describeEnd(client, last) : `a response ${response.status} of the server's`,
  )
  throw new Abandoned()
}

/** The exchange of a request whose scope has come. */
export function adopt(
  trial: Trial,
  client: Http2Client,
  { request, stream }: Asked,
  scope: RemoteScope,
): Http2Exchange {
  const exchange = trial.hold(askedRequest(request), client.channel, scope, stream.answered)
  exchange.begun = () => stream.assembly.head !== null
  return { exchange, stream }
}

/** Waits for the scope of a request that is on the wire already. */
export async function awaitScope(
  trial: Trial,
  client: Http2Client,
  asked: Asked,
): Promise<Http2Exchange> {
  const scope = await trial.iut.within(
    asked.arrived,
    'http/scope/different-per-stream',
    `a scope for stream ${asked.stream.id}`,
  )
  return adopt(trial, client, asked, scope)
}

/** How a stream, or the connection under it, came to an end without a response. */
export function describeEnd(client: Http2Client, stream: ClientStream | undefined): string {
  if (stream !== undefined && stream.reset !== null) return `RST_STREAM ${errorName(stream.reset)}`
  const { goAway } = client
  if (goAway !== null) return `GOAWAY ${errorName(goAway.code)}`
  return client.closed ? 'the end of the connection' : 'nothing'
}
