import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { startMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import type { WireConnection } from '../../testers/wire.ts'
import { exchangeProperty, type Property } from '../property.ts'

const CLAUSE = 'http/send/body-concatenated'

/** More than the sockets of both sides hold while the client does not read. */
const BYTES = 8 * 2 ** 20
/** Pauses of a client that reads on all the while. */
const PAUSES = 12
const PAUSE_MS = 300

/**
 * www.rst, "Response Body", where the connection ends with the response: what the server still holds of it when its
 * application has sent the last of it is as due as the rest (RFC 9112 §9.6, closing in stages).
 */
export const unhurried: Property = exchangeProperty({
  id: `${CLAUSE}/slow-client`,
  law: 'the last response of a connection reaches a client whole that takes its time, and reads on all the while',
  clauses: [CLAUSE],
  enough: 2,
  caseOf: ({ closes }) => closes,
  program: fc.record({
    closes: fc.constantFrom('HTTP/1.0' as const, 'Connection: close' as const),
    sized: fc.boolean(),
  }),
  async run(trial, { closes, sized }) {
    const request =
      closes === 'HTTP/1.0'
        ? ({ ...http.get('/'), version: '1.0' } as const)
        : http.get('/', [['Connection', 'close']])
    const exchange = await trial.open(request, { fresh: true })
    await exchange.readBody()
    const { wire } = exchange.channel
    const headers = sized ? [['content-length', String(BYTES)] as const] : []
    await exchange.send(startMessage({ status: 200, headers }))
    wire.pauseReading()
    const body = Buffer.alloc(BYTES)
    const sent = exchange.app.sendBeside({ type: 'http.response.body', body, more_body: false })
    void sent.catch(() => undefined)
    await sip(wire)
    const response = await exchange.response(CLAUSE)
    await exchange.app.return()
    const whole = response?.complete === true && response.body.length === BYTES
    trial.check(CLAUSE, whole, `${BYTES} bytes of content`, () =>
      response === null ? 'no response' : `${response.body.length} bytes, then a ${wire.closing}`,
    )
  },
})

/** A little at a time. */
async function sip(wire: WireConnection): Promise<void> {
  for (let turn = 0; turn < PAUSES; turn += 1) {
    await pause(PAUSE_MS)
    wire.resumeReading()
    await pause(1)
    wire.pauseReading()
  }
  wire.resumeReading()
}
