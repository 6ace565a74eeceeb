import fc from 'fast-check'
import type { Http2Client } from '../../http2/client.ts'
import type { ClientStream } from '../../http2/client-stream.ts'
import { ERROR, errorName, isErrorCode } from '../../http2/frame.ts'
import { adopt, describeEnd, openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { MARKER } from '../../testers/channel.ts'
import type { Exchange } from '../../testers/exchange.ts'
import { RemoteScope } from '../../testers/remote-scope.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import type { Property } from '../property.ts'
import { FAMILIES, type RawRequest } from './malformed-cases.ts'
import { http2Property } from './property.ts'

const STREAM_ERROR = 'wire/rfc9113/malformed-stream-error'

/** RFC 9113 §8.1.1: what is malformed, beside the nearest request that is not. */
export const malformed: readonly Property[] = FAMILIES.map(({ clause, law, requests }) =>
  http2Property({
    id: clause,
    law,
    clauses: [clause, STREAM_ERROR],
    enough: 60,
    // Cut or not is chance, beside which request it is.
    caseOf: ({ request }) => JSON.stringify(request),
    program: fc.record({
      request: requests,
      /** Octets of the head behind which a CONTINUATION goes on; null: it is one frame. */
      cut: fc.option(fc.integer({ min: 1, max: 80 }), { nil: null, freq: 3 }),
    }),
    async run(trial, { request, cut }) {
      const client = await openHttp2(trial)
      const sent = send(trial, client, request, cut)
      if (request.malformed === null) await judgeAnswered(trial, client, request, sent)
      else if (request.malformed) await judgeRefused(trial, client, request, sent)
      else await judgeServed(trial, client, request, sent)
      if (client.closed || client.goAway !== null) return
      // A stream error is the end of its stream alone (§5.4.2).
      const next = await serve(trial, client, h2.get('/next'))
      await next.exchange.respond({ status: 204 })
      await next.exchange.response()
    },
  }),
)

interface Sent {
  readonly stream: ClientStream
  readonly arrived: Promise<RemoteScope>
}

function send(
  trial: Trial,
  client: Http2Client,
  { fields, content }: RawRequest,
  cut: number | null,
): Sent {
  const stream = client.stream('GET')
  const arrived = client.channel.scopeOf(stream.id)
  const scheme = trial.iut.secure ? 'https' : 'http'
  const written = fields.map(([name, value]) => [name, value.replace('{scheme}', scheme)] as const)
  const all = [...written, [MARKER, client.channel.marker(stream.id)] as const]
  client.sendFields(stream.id, all, {
    endStream: content === null,
    cuts: cut === null ? [] : [cut],
  })
  if (content !== null) void client.sendContent(stream, Buffer.from(content, 'latin1'), true)
  return { stream, arrived }
}

/** Null: the server has answered or ended the stream before it called the application. */
async function scopeOf(
  trial: Trial,
  { clause }: RawRequest,
  { stream, arrived }: Sent,
  awaited: string,
): Promise<RemoteScope | null> {
  const first = await trial.iut.within(Promise.race([arrived, stream.answered]), clause, awaited)
  return first instanceof RemoteScope ? first : null
}

async function judgeAnswered(
  trial: Trial,
  client: Http2Client,
  request: RawRequest,
  sent: Sent,
): Promise<void> {
  const scope = await scopeOf(trial, request, sent, 'a scope for the request, or its refusal')
  if (scope === null) return
  const { exchange } = hold(trial, client, request, sent.stream, scope)
  // What is left of the target is for nobody to say.
  exchange.misused = true
  await exchange.readBody()
  await exchange.respond({ status: 204 })
  await exchange.response(request.clause)
}

async function judgeServed(
  trial: Trial,
  client: Http2Client,
  request: RawRequest,
  sent: Sent,
): Promise<void> {
  const scope = await scopeOf(trial, request, sent, 'a scope for the request')
  const held = trial.check(request.clause, scope !== null, 'the request served', () =>
    describeEnd(client, sent.stream),
  )
  if (!held || scope === null) return
  const { exchange } = hold(trial, client, request, sent.stream, scope)
  await exchange.readBody()
  await exchange.respond({ status: 204 })
  await exchange.response()
}

/**
 * What the head shows keeps the application from being called. What only DATA shows, a server may learn
 * when it has called the application: then that one never gets the whole request.
 */
async function judgeRefused(
  trial: Trial,
  client: Http2Client,
  request: RawRequest,
  sent: Sent,
): Promise<void> {
  const { clause, content } = request
  const { stream } = sent
  await scopeOf(trial, request, sent, 'a refusal of the request')
  // What the wire says may overtake what the application is told: a round trip later both are in.
  await trial.iut.settle()
  const [scope] = client.channel.scopes
  if (scope !== undefined) {
    const { exchange } = hold(trial, client, request, stream, scope)
    exchange.misused = true
    const whole = content === null || (await exchange.readBody()).ended === 'complete'
    trial.check(clause, !whole, 'no whole request in the application', () => show(scope.scope))
    if (whole) {
      await exchange.respond({ status: 204 })
      return
    }
    await exchange.app.return()
  }
  const response = await trial.iut.within(stream.answered, clause, 'the end of the stream')
  const refused = response === null || (response.status >= 400 && response.status < 600)
  trial.check(clause, refused, 'a refusal', () => `status ${response?.status}`)
  judgeCode(trial, client, stream)
}

/**
 * §8.1.1, §5.4 and §5.4.1: a stream error of PROTOCOL_ERROR or INTERNAL_ERROR, which a server may raise to one of the
 * connection.
 */
function judgeCode(trial: Trial, client: Http2Client, stream: ClientStream): void {
  const code = stream.reset ?? client.goAway?.code ?? null
  // After a response of its own a server has only to end the stream.
  const answered = stream.assembly.head !== null && (code === null || code === ERROR.none)
  trial.check(
    STREAM_ERROR,
    answered || (code === null ? client.closed : isErrorCode(code, [])),
    'RST_STREAM or GOAWAY with PROTOCOL_ERROR or INTERNAL_ERROR, or a response',
    () => (code === null ? describeEnd(client, stream) : errorName(code)),
  )
}

function hold(
  trial: Trial,
  client: Http2Client,
  { content }: RawRequest,
  stream: ClientStream,
  scope: RemoteScope,
): { readonly exchange: Exchange } {
  const request = h2.post('/malformed', content === null ? [] : [content])
  return adopt(trial, client, { request, stream, arrived: Promise.resolve(scope) }, scope)
}
