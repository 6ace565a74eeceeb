import fc from 'fast-check'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import { exchangeProperty, type Property } from '../property.ts'

const CLAUSE = 'http/send/body-concatenated'
const RETURNS = 'asgi/send/returns'

/** More than the sockets of both sides hold while the client does not read. */
const FILLER: Buffer = Buffer.alloc(8 * 2 ** 20)

/**
 * www.rst, "Response Body": what waits for the client waits in memory of the server, much of it in many small
 * pieces. Tasks that send at the same time leave open in which order theirs come.
 */
export const manyPieces: Property = exchangeProperty({
  id: `${CLAUSE}/many-pieces`,
  law: 'small pieces that wait in great number for a client which reads nothing reach it as they were given',
  clauses: [CLAUSE, RETURNS],
  enough: 4,
  caseOf: ({ bytes, sized }) => `${bytes} ${sized}`,
  program: fc.record({
    bytes: fc.constantFrom(400, 4000),
    /** Beyond what a server may have set apart for small writes. */
    kilobytes: fc.constantFrom(160, 320),
    sized: fc.boolean(),
  }),
  async run(trial, { bytes, kilobytes, sized }) {
    const pieces = (kilobytes * 1000) / bytes
    const exchange = await trial.open(http.get('/'), { fresh: true })
    await exchange.readBody()
    // The invariants know one order of the content alone.
    exchange.misused = true
    const { wire } = exchange.channel
    const length = FILLER.length + pieces * bytes
    const headers = sized ? [['content-length', String(length)] as const] : []
    await exchange.send(startMessage({ status: 200, headers }))
    wire.pauseReading()
    const given = Array.from({ length: pieces }, (_, number) =>
      String(number)
        .padStart(4, '-')
        .repeat(bytes / 4),
    )
    const sending = [FILLER.toString('latin1'), ...given].map((piece) =>
      exchange.app.sendBeside(bodyMessage(piece, true)),
    )
    await trial.iut.settle()
    wire.resumeReading()
    for (const sent of sending) {
      const { raised } = await trial.iut.returned(sent)
      trial.check(RETURNS, raised === null, 'send() returns', () => String(raised?.chain[0]))
    }
    await exchange.send(bodyMessage('', false))
    await exchange.app.return()
    const response = await exchange.response(CLAUSE)
    const content = response?.body.toString('latin1').replaceAll('\0', '') ?? ''
    const arrived = new Set(cut(content, bytes))
    const missing = given.find((piece) => !arrived.has(piece))
    const whole = missing === undefined && content.length === pieces * bytes
    trial.check(CLAUSE, whole, `each of ${pieces} pieces of ${bytes} bytes`, () =>
      missing === undefined
        ? `${content.length} bytes of them`
        : `no piece of ${missing.slice(0, 4)} in ${content.length} bytes of them`,
    )
  },
})

function cut(content: string, length: number): readonly string[] {
  return Array.from({ length: Math.ceil(content.length / length) }, (_, index) =>
    content.slice(index * length, (index + 1) * length),
  )
}
