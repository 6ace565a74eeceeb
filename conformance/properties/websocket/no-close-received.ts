import fc from 'fast-check'
import { isDict, show } from '../../testers/values.ts'
import type { SentFrame } from '../../websocket/frame.ts'
import { establish } from '../../websocket/open.ts'
import { ENDING_ALIKE, exchangeProperty, type Property } from '../property.ts'

const CLAUSE = 'wire/rfc6455/close-code-1006'

/** RFC 6455 §7.1.5: the code of a connection is one that was received, and no code that the server has sent. */
export const noCloseReceived: Property = exchangeProperty({
  id: `${CLAUSE}/own-end`,
  beyondTcp: ENDING_ALIKE,
  law: 'a connection that the server has failed reaches the application as 1006 where its client leaves without a Close',
  clauses: [CLAUSE],
  needs: ['websocket'],
  enough: 4,
  program: fc.record({ loss: fc.constantFrom('close', 'reset') }),
  async run(trial, { loss }) {
    const exchange = await establish(trial)
    exchange.misused = true
    const { app, peer } = exchange
    peer.write(UNKNOWN)
    // Whatever the server makes of it: its client leaves.
    await trial.iut.cameWithinQuiet(
      peer.until(() => peer.over),
      PERIODS,
    )
    const { wire } = exchange.channel
    if (loss === 'close') wire.close()
    else wire.reset()
    const asked = app.receive()
    const told = await trial.iut.cameWithinQuiet(asked, PERIODS)
    const { value } = told ? await asked : { value: null }
    if (!isDict(value) || value['type'] !== 'websocket.disconnect') {
      trial.judge.notApplicable(CLAUSE, 'the application is told of no disconnect')
      return
    }
    void app.return().catch(() => undefined)
    const { code: seen } = value
    trial.check(CLAUSE, seen === 1006, '1006, as no Close came', () => show(seen))
  },
})

/** RFC 6455 §5.2: "the receiving endpoint MUST _Fail the WebSocket Connection_". */
const UNKNOWN: SentFrame = {
  fin: true,
  rsv: 0,
  opcode: 3,
  payload: Buffer.alloc(0),
  mask: 0x5aa50ff0,
}

/** Quiet periods in which a server has closed, or has told its application of it. */
const PERIODS = 20
