import fc from 'fast-check'
import { describeEnd } from '../../http2/open.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'
import { open, receive } from './web-socket-stream.ts'

const CLAUSE = 'wire/rfc9110/connect-without-length'

/** RFC 9110 §9.3.6: what follows a 2xx to CONNECT is no content, so that nothing frames it. */
export const tunnelLength: Property = http2Property({
  id: CLAUSE,
  law: 'an extended CONNECT that is accepted gets neither Content-Length nor Transfer-Encoding, whatever the application adds',
  clauses: [CLAUSE],
  needs: ['websocket'],
  enough: 6,
  program: fc.record({
    field: fc.constantFrom(
      ['content-length', '0'] as const,
      ['content-length', '5'] as const,
      ['transfer-encoding', 'chunked'] as const,
    ),
    beside: fc.boolean(),
  }),
  async run(trial, { field, beside }) {
    const socket = await open(trial, '/', [])
    if (socket === null) return
    const { client, stream, app } = socket
    await receive(trial, socket, 'websocket/connect/event', 'websocket.connect')
    const fields = [...(beside ? [['x-other', '1'] as const] : []), field]
    const headers = fields.map((pair) => pair.map((text) => Buffer.from(text)))
    const { raised } = await trial.iut.returned(app.send({ type: 'websocket.accept', headers }))
    if (raised === null) await app.return()
    else await app.reraise()
    // To accept it without the field, or not at all, is the server's choice.
    await trial.iut.within(
      client.until(() => stream.assembly.head !== null || stream.over),
      CLAUSE,
      'an answer to the handshake',
    )
    const { head } = stream.assembly
    const granted = head !== null && head.status >= 200 && head.status < 300
    const framing = (head?.headers ?? []).filter(([name]) => FRAMING.has(name))
    trial.check(CLAUSE, !granted || framing.length === 0, 'neither of the two fields', () =>
      framing.length === 0 ? describeEnd(client, stream) : framing.map(String).join(' and '),
    )
  },
})

const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding'])
