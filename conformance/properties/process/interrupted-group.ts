import fc from 'fast-check'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import { type Property, processProperty } from '../property.ts'
import { launchWorkers } from './fleet.ts'
import { judgeExit } from './shutdown.ts'

const CLAUSE = 'process/sigint-drains'

/** Ctrl-C in a terminal: the signal reaches the supervisor and its workers alike. */
export const interruptedGroup: Property = processProperty({
  id: 'process/sigint-drains/group',
  law: 'a request in flight is answered in full when SIGINT comes to all processes of the server at once',
  clauses: [CLAUSE, 'process/shutdown-exit-code'],
  needs: ['http/1.1', 'process', 'process/drains-on-sigint', 'workers', 'lifespan'],
  enough: 1,
  program: fc.record({ count: fc.constantFrom(2, 3) }),
  async run(launcher, { count }) {
    const { iut } = await launchWorkers(launcher, CLAUSE, count)
    const exchange = await launcher.trial(iut).open(http.get('/'), { fresh: true })
    await exchange.send(startMessage({ status: 200, headers: [['content-length', '8']] }))
    await exchange.send(bodyMessage('half', true))
    const { wire } = exchange.channel
    void wire.closed.then(() => wire.close())
    iut.expectEnd()
    // The processes of a target are a group of their own.
    if (iut.running.pid !== null) iut.signal('SIGINT', -iut.running.pid)
    const cut = await Promise.race([
      wire.closed.then(() => true),
      iut.becomes(() => false, HASTE_MS),
    ])
    const open = 'the connection open while its request is in flight'
    if (!launcher.check(CLAUSE, !cut, open, () => `closed by the server (${wire.closing})`)) return
    await exchange.send(bodyMessage('half', false))
    await exchange.app.return()
    const response = await exchange.response(CLAUSE)
    launcher.check(CLAUSE, response?.complete === true, 'the whole response', () =>
      response === null ? 'no response' : 'a truncated response',
    )
    wire.close()
    const exit = await iut.ended()
    launcher.check(CLAUSE, exit !== null, 'the end of the server', () => 'it still runs')
    if (launcher.target.has('documented/exit-codes')) judgeExit(launcher, 'SIGINT', exit)
  },
})

/** In which a hasty server has cut the connection: some look at what the signals said once a second. */
const HASTE_MS = 1500
