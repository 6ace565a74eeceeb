import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { http, serialize } from '../../testers/request.ts'
import { type Property, processProperty } from '../property.ts'
import { judgeSaysClose } from '../wire/closing.ts'
import { graceOf, hearingMs } from './grace.ts'
import { ANNOUNCED, IDLE, judgeIdleClosed } from './shutdown.ts'

const CLAUSE = 'process/sigterm-drains'

/** For servers that promise to lose no request: one that has begun to arrive is one. */
export const arrivingRequests: Property = processProperty({
  id: `${CLAUSE}/arriving`,
  law: 'a request whose head, or whose content, is still on its way at SIGTERM is served',
  clauses: [CLAUSE, ANNOUNCED, IDLE],
  needs: [
    'http/1.1',
    'process',
    'process/drains-on-sigterm',
    'documented/arriving-requests-served',
  ],
  enough: 1,
  program: fc.record({ before: fc.constantFrom(0, 1) }),
  async run(launcher, { before }) {
    const iut = await launcher.serve(CLAUSE, { settings: { 'command-line': graceOf(launcher) } })
    const trial = launcher.trial(iut)
    const arriving = await Promise.all(
      CUTS.map(async (cut) => {
        const channel = await trial.connect()
        for (let count = 0; count < before; count += 1) {
          const exchange = await trial.open(http.get('/before'), { channel })
          await exchange.respond({ status: 204 })
          await exchange.response()
        }
        const request = trial.mark(http.post(`/cut-${cut}`, 'content'), channel)
        const bytes = serialize(request)
        channel.wire.reader.expect(request.method)
        channel.wire.write(bytes.subarray(0, bytes.length + cut))
        return { cut, channel, request, rest: bytes.subarray(bytes.length + cut) }
      }),
    )
    await iut.settle()
    iut.expectEnd()
    iut.signal('SIGTERM')
    await pause(hearingMs(iut))
    for (const { cut, channel, request, rest } of arriving) {
      const open = channel.wire.closing === null
      const expected = `a connection that stays open for the last ${-cut} octets of a request`
      if (!launcher.check(CLAUSE, open, expected, () => 'a close')) continue
      channel.wire.write(rest)
      const exchange = await trial.adopt(request, channel, CLAUSE)
      await exchange.readBody()
      await exchange.respond({ status: 200, body: ['ok'] })
      const response = await exchange.response(CLAUSE)
      const whole = response?.complete === true
      launcher.check(CLAUSE, whole, 'the whole response', () => 'none, or a part of it')
      if (response !== null) await judgeSaysClose(trial, channel.wire, response, ANNOUNCED)
      await judgeIdleClosed(launcher, iut, channel.wire)
      channel.wire.close()
    }
    const exit = await iut.ended()
    launcher.check(CLAUSE, exit !== null, 'the server ends', () => 'it still runs')
  },
})

/** How many octets are still missing: of the content, or of the head as well. */
const CUTS = [-3, -20] as const
