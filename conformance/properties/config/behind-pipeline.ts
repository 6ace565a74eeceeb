import fc from 'fast-check'
import { http } from '../../testers/request.ts'
import { isDict, show } from '../../testers/values.ts'
import { exchangeProperty, type Property } from '../property.ts'

const CLAUSE = 'config/disconnect-behind-pipeline'
const REQUEST = 'GET /behind HTTP/1.1\r\nHost: a\r\n\r\n'

/** For servers that promise it: a client that makes a server hold so much may find that it reads no further. */
export const behindPipeline: Property = exchangeProperty({
  id: CLAUSE,
  law: 'an application that waits is told of a client that left, however many requests wait behind its own',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'documented/disconnect-behind-pipeline'],
  enough: 18,
  program: fc.record({
    kilobytes: fc.constantFrom(70, 200, 900),
    leaves: fc.constantFrom('reset' as const, 'close' as const, 'end' as const),
    /** The application waits already when the others come. */
    waits: fc.boolean(),
  }),
  async run(trial, { kilobytes, leaves, waits }) {
    const exchange = await trial.open(http.get('/'), { fresh: true })
    await exchange.readBody()
    const { wire } = exchange.channel
    const waiting = waits ? exchange.app.receive() : null
    wire.write(Buffer.from(REQUEST.repeat((kilobytes * 1024) / REQUEST.length)))
    await trial.iut.settle()
    exchange.clientLeft = true
    wire[leaves]()
    const asked = waiting ?? exchange.app.receive()
    const { value } = await trial.iut.within(asked, CLAUSE, 'http.disconnect')
    const told = isDict(value) && value['type'] === 'http.disconnect'
    trial.check(CLAUSE, told, 'http.disconnect', () => show(value))
    await exchange.app.return()
  },
})
