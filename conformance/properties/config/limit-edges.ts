import fc from 'fast-check'
import type { Capability } from '../../../evidence/target.ts'
import type { Settings } from '../../../targets/settings.ts'
import { ERROR, pingFrame } from '../../http2/frame.ts'
import { type Knock, knock, openHttp2 } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { type Attempt, describeRefusal } from '../../testers/attempt.ts'
import type { Channel } from '../../testers/channel.ts'
import type { Exchange } from '../../testers/exchange.ts'
import { type HttpRequest, headerLines, http } from '../../testers/request.ts'
import type { WireResponse } from '../../testers/response-reader.ts'
import type { Trial } from '../../testers/trial.ts'
import { framesOfTakenBack } from '../http2/harmful.ts'
import { acknowledgements } from '../http2/pong.ts'
import { type Property, processProperty } from '../property.ts'
import { serveWith } from './serve-with.ts'

const BODY = 'config/limit-body-size'
const OK = 204
const PAYLOAD = Buffer.alloc(8)
/** Quiet periods in which a server has read what it was sent. */
const PERIODS = 10

type Lines = ReturnType<typeof headerLines>

/** For servers whose documentation says what counts towards a limit, to the octet, and what lies beyond it. */
export const limitEdges: readonly Property[] = [
  edge({
    clause: 'config/limit-header-count',
    capability: 'limit/header-count',
    settings: { limitHeaderCount: 20 },
    status: 431,
    within: (own) => http.get('/', fieldsOf(20 - own.length, 1)),
    beyond: (own) => http.get('/', fieldsOf(21 - own.length, 1)),
    // The field that names the request is one more. Pseudo-header fields are no header fields (RFC 9113 §8.3).
    fields: { within: fieldsOf(19, 1), beyond: fieldsOf(20, 1), status: 431 },
  }),
  edge({
    clause: 'config/limit-request-line',
    capability: 'limit/request-line',
    settings: { limitRequestLine: 1000 },
    status: 414,
    // Whether the line end counts, no documentation says.
    within: () => http.get(`/${'a'.repeat(998 - 'GET / HTTP/1.1'.length)}`),
    beyond: () => http.get(`/${'a'.repeat(1001 - 'GET / HTTP/1.1'.length)}`),
  }),
  edge({
    clause: 'config/limit-header-size',
    capability: 'limit/header-size',
    settings: { limitHeaderBytes: 4000 },
    status: 431,
    // Nor whether those of the field lines do.
    within: (own) => http.get('/', [['x', 'a'.repeat(4000 - sizeOf(own) - 'x: \r\n\r\n'.length)]]),
    beyond: (own) => http.get('/', [['x', 'a'.repeat(4001 + 2 * own.length - sizeOf(own) - 3)]]),
    // By far: how sizes count there is told by the settings of HTTP/2 (RFC 9113 §6.5.2).
    fields: { within: fieldsOf(2, 1000), beyond: fieldsOf(8, 1000), status: null },
  }),
  processProperty({
    id: `${BODY}/edge`,
    law: 'a body of as many octets as the limit is served, however it comes; one more gets the documented status, and harms nobody where its client takes it back at once',
    clauses: [BODY],
    needs: ['http/1.1', 'config/command-line', 'limit/body-size', 'limit/exact'],
    enough: 1,
    program: fc.record({ limit: fc.integer({ min: 100, max: 3000 }) }),
    async run(launcher, { limit }) {
      const trial = await serveWith(launcher, BODY, { limitBody: limit })
      const contents = ['b'.repeat(limit), 'b'.repeat(limit + 1)]
      for (const framing of ['content-length', 'chunked'] as const) {
        const channel = await trial.connect()
        for (const content of contents) {
          const status = content.length > limit ? 413 : OK
          const about = `${framing}, ${content.length} octets at a limit of ${limit}`
          for (const where of status === OK ? [{ channel }] : [{ fresh: true }, { channel }]) {
            const made = await trial.attempt(postOf(content, framing), where)
            await judge(trial, BODY, made, status, about)
          }
        }
      }
      if (!launcher.target.has('http/2/prior-knowledge')) return
      for (const code of [ERROR.cancel, ERROR.none])
        await takeBack(trial, 'b'.repeat(limit + 1), code)
      const client = await openHttp2(trial)
      for (const content of contents) {
        const status = content.length > limit ? 413 : OK
        const asked = await knock(trial, client, h2.post('/', [content]))
        const attempt: Attempt =
          asked.served === null
            ? { served: null, refused: { response: asked.response } }
            : { served: asked.served.exchange, refused: null }
        await judge(trial, BODY, attempt, status, `HTTP/2, ${content.length} octets`)
      }
    },
  }),
  processProperty({
    id: `${BODY}/each`,
    law: 'the limit is one of each body: those before it on the connection do not count',
    clauses: [BODY],
    needs: ['http/1.1', 'config/command-line', 'limit/body-size'],
    enough: 1,
    program: fc.record({ order: fc.constantFrom('chunked first', 'sized first') }),
    async run(launcher, { order }) {
      const trial = await serveWith(launcher, BODY, { limitBody: 1000 })
      const content = 'b'.repeat(600)
      const sized = http.post('/each', content)
      const chunked = { ...sized, body: { framing: 'chunked', chunks: [content] } as const }
      const pair = order === 'chunked first' ? [chunked, sized] : [sized, chunked]
      const channel = await trial.connect()
      for (const request of [...pair, ...pair, ...pair]) {
        if (!channel.wire.usable) return
        const attempt = await trial.attempt(request, { channel })
        if (attempt.refused?.response === null) return
        await judge(trial, BODY, attempt, OK, `${request.body.framing}, 600 octets of 1000`)
      }
    },
  }),
]

/** One beyond the limit that its client resets in the same segment: what comes of that is free, what comes behind not. */
async function takeBack(trial: Trial, content: string, code: number): Promise<void> {
  const client = await openHttp2(trial)
  client.write(...framesOfTakenBack(trial, client, 'POST', code, content), pingFrame(PAYLOAD))
  const read = client.until(() => acknowledgements(client).length > 0 || client.closed)
  await trial.iut.cameWithinQuiet(read, PERIODS)
  const next = await trial.attempt(postOf('b', 'content-length'), { fresh: true })
  await judge(trial, BODY, next, OK, 'one octet, behind content that was taken back')
}

function postOf(content: string, framing: 'content-length' | 'chunked'): HttpRequest {
  const body =
    framing === 'chunked'
      ? { framing, chunks: [content.slice(0, 60), content.slice(60)] }
      : { framing, content }
  return { ...http.post('/', ''), body }
}

/** Over HTTP/2, in which the field that names the request is one more. */
interface StreamFields {
  readonly within: Lines
  readonly beyond: Lines
  /** Null: any error, or a reset. */
  readonly status: number | null
}

interface Edge {
  readonly clause: string
  readonly capability: Capability
  readonly settings: Settings
  /** The documented error. */
  readonly status: number
  /** `own`: the lines that each request has on this connection. */
  readonly within: (own: Lines) => HttpRequest
  readonly beyond: (own: Lines) => HttpRequest
  readonly fields?: StreamFields
}

function edge({ clause, capability, settings, status, within, beyond, fields }: Edge): Property {
  return processProperty({
    id: `${clause}/edge`,
    law: 'a request that reaches the limit is served, and one just beyond it gets the documented status',
    clauses: [clause],
    needs: ['http/1.1', 'config/command-line', capability, 'limit/exact'],
    enough: 1,
    program: fc.record({ cut: fc.boolean() }),
    async run(launcher, { cut }) {
      const trial = await serveWith(launcher, clause, settings)
      const attempt = async (channel: Channel, isWithin: boolean, about: string): Promise<void> => {
        const make = isWithin ? within : beyond
        const request = make(headerLines(trial.mark(http.get('/'), channel)))
        const made = await trial.attempt(request, { channel, cuts: cut ? [30] : [] })
        await judge(trial, clause, made, isWithin ? OK : status, about)
      }
      await attempt(await trial.connect(), false, 'one more')
      // The limit is one of each request: those before it leave it neither wider nor narrower.
      const channel = await trial.connect()
      await attempt(channel, true, 'the limit')
      await attempt(channel, true, 'the limit again')
      await attempt(channel, false, 'one more behind others')
      if (fields !== undefined && launcher.target.has('http/2/prior-knowledge'))
        await judgeStreams(trial, clause, fields)
    },
  })
}

async function judgeStreams(
  trial: Trial,
  clause: string,
  { within, beyond, status }: StreamFields,
): Promise<void> {
  const client = await openHttp2(trial)
  const inside = await knock(trial, client, h2.get('/', within))
  trial.check(clause, inside.served !== null, 'a stream at the limit served', () =>
    refusalOf(inside),
  )
  await end(inside)
  const outside = await knock(trial, client, h2.get('/', beyond))
  const seen = outside.response?.status ?? null
  const refused = status === null ? (seen ?? 400) >= 400 : seen === status
  const expected = `a stream beyond the limit refused${status === null ? '' : ` with ${status}`}`
  trial.check(clause, outside.served === null && refused, expected, () => refusalOf(outside))
  await end(outside)
}

async function end({ served }: Knock): Promise<void> {
  await served?.exchange.respond({ status: OK })
  await served?.exchange.response()
}

function refusalOf({ served, response }: Knock): string {
  if (served !== null) return 'it reached the application'
  return response === null ? 'a reset' : `status ${response.status}`
}

async function judge(
  trial: Trial,
  clause: string,
  { served, refused }: Attempt,
  status: number,
  about: string,
): Promise<void> {
  const response = served === null ? refused.response : await answered(served, status !== OK)
  trial.check(
    clause,
    response?.status === status,
    status === OK ? `${about}: served` : `${about}: status ${status}`,
    () =>
      served === null && refused !== null
        ? describeRefusal(refused)
        : `status ${response?.status ?? 'none'}`,
  )
}

async function answered(exchange: Exchange, misused: boolean): Promise<WireResponse | null> {
  exchange.misused = misused
  await exchange.readBody()
  await exchange.respond({ status: OK })
  return await exchange.response()
}

function fieldsOf(count: number, length: number): [string, string][] {
  return Array.from({ length: count }, (_, index) => [`x-field-${index}`, 'a'.repeat(length)])
}

/** Octets of these lines with their ends. */
function sizeOf(lines: Lines): number {
  return lines.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0)
}
