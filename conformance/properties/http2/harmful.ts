import fc from 'fast-check'
import type { Http2Client } from '../../http2/client.ts'
import {
  dataFrame,
  ERROR,
  type Frame,
  headerFrames,
  resetStream,
  SETTING,
} from '../../http2/frame.ts'
import { encodeFields } from '../../http2/hpack-encoder.ts'
import type { Field } from '../../http2/hpack-table.ts'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { MARKER } from '../../testers/channel.ts'
import type { Exchange } from '../../testers/exchange.ts'
import type { Trial } from '../../testers/trial.ts'
import type { Property } from '../property.ts'
import { pinged } from './pong.ts'
import { http2Property } from './property.ts'

const ALONE = 'wire/rfc9113/stream-error-alone'
const INDEPENDENT = 'wire/rfc9113/streams-independent'

const AUTHORITY = [':authority', 'assay.test:80'] as const

/** More than any server takes, in a single frame. */
const MANY: readonly Field[] = Array.from({ length: 600 }, (_, index) => [`x-${index}`, 'v'])

const KINDS = ['GET', 'POST', 'fields', 'handshake', 'wrong handshake'] as const

type Kind = (typeof KINDS)[number]

/** Requests that others pay for, where a server is not careful. */
export const harmful: readonly Property[] = [takenBack(), tunnel()]

/** RFC 9113 §5.4.2 and §6.4: a client may do so at any time, and the frames of one stream may share a segment. */
function takenBack(): Property {
  return http2Property({
    id: ALONE,
    law: 'requests that are reset in the segment of their head, served or refused, leave other streams and connections as they are',
    // It is that of a server which ends, too.
    clauses: [ALONE],
    enough: 36,
    caseOf: ({ kinds: [kind], code, content }) => JSON.stringify([kind, code, content]),
    program: fc.record({
      kinds: fc.array(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 3 }),
      code: fc.constantFrom(ERROR.none, ERROR.cancel),
      content: fc.boolean(),
    }),
    async run(trial, { kinds, code, content }) {
      const elsewhere = await bystander(trial, await openHttp2(trial))
      const client = await openHttp2(trial)
      const beside = await bystander(trial, client)
      const sent = content ? 'content' : ''
      client.write(...kinds.flatMap((kind) => framesOfTakenBack(trial, client, kind, code, sent)))
      // A server may take them for an attack, and end their connection.
      if ((await pinged(trial, client, ALONE)) === null || client.goAway !== null) {
        beside.clientLeft = true
        beside.misused = true
        void beside.app.return().catch(() => undefined)
      } else await judgeAnswered(trial, beside, 'the response of another stream', ALONE)
      await judgeAnswered(trial, elsewhere, 'the response on another connection', ALONE)
      const next = await bystander(trial, await openHttp2(trial))
      await judgeAnswered(trial, next, 'the response on the next connection', ALONE)
    },
  })
}

/** RFC 9113 §8.5: its head has no :scheme and no :path, and is no malformed one. */
function tunnel(): Property {
  return http2Property({
    id: `${INDEPENDENT}/tunnel`,
    law: 'a CONNECT, served or refused, leaves the other streams of its connection as they are',
    clauses: [INDEPENDENT],
    enough: 4,
    program: fc.record({ ends: fc.boolean() }),
    async run(trial, { ends }) {
      const client = await openHttp2(trial)
      const beside = await bystander(trial, client)
      const { id } = client.stream('CONNECT')
      returning(client, id)
      const head = [[':method', 'CONNECT'], AUTHORITY] as const
      const fields: readonly Field[] = [...head, [MARKER, client.channel.marker(id)]]
      client.write(...headerFrames(id, encodeFields(fields), ends))
      await pinged(trial, client, INDEPENDENT)
      await judgeAnswered(trial, beside, 'the response of another stream', INDEPENDENT)
    },
  })
}

async function bystander(trial: Trial, client: Http2Client): Promise<Exchange> {
  const { exchange } = await serve(trial, client, h2.get('/other'))
  return exchange
}

export async function judgeAnswered(
  trial: Trial,
  exchange: Exchange,
  expected: string,
  clause: string,
): Promise<void> {
  await exchange.respond({ status: 200, body: ['unharmed'] })
  const response = await exchange.response(clause)
  const whole = response?.complete === true && response.status === 200
  trial.check(clause, whole, expected, () =>
    response === null ? 'none' : `status ${response.status}`,
  )
}

/** The whole of a request that is taken back. What its application is called with, if it is, is not the matter here. */
export function framesOfTakenBack(
  trial: Trial,
  client: Http2Client,
  kind: Kind,
  code: number,
  content: string,
): readonly Frame[] {
  const announced = client.settings.get(SETTING.enableConnectProtocol) === 1
  const known = kind.endsWith('handshake') && !announced ? 'POST' : kind
  const scheme = trial.iut.secure ? 'https' : 'http'
  const stream = client.stream(known === 'POST' ? 'POST' : 'GET')
  returning(client, stream.id)
  const fields: readonly Field[] = [
    ...headOf(known, scheme),
    [MARKER, client.channel.marker(stream.id)],
    ...(known === 'fields' ? MANY : []),
  ]
  const closed = known === 'GET'
  const piece = Buffer.from(closed ? '' : content)
  client.sendWindow -= piece.length
  return [
    ...headerFrames(stream.id, encodeFields(fields), closed),
    ...(piece.length > 0 ? [dataFrame(stream.id, piece, false)] : []),
    resetStream(stream.id, code),
  ]
}

/** The application has nothing to say to it. */
function returning({ channel }: Http2Client, stream: number): void {
  void channel.scopeOf(stream).then(
    (scope) => scope.return(),
    () => undefined,
  )
}

function headOf(kind: Kind, scheme: string): readonly Field[] {
  const target = [[':scheme', scheme], AUTHORITY, [':path', '/taken-back']] as const
  if (!kind.endsWith('handshake')) {
    return [[':method', kind === 'POST' ? 'POST' : 'GET'], ...target]
  }
  const version = kind === 'handshake' ? '13' : '12'
  return [
    [':method', 'CONNECT'],
    [':protocol', 'websocket'],
    ...target,
    ['sec-websocket-version', version],
  ]
}
