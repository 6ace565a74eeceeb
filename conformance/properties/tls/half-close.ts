import fc from 'fast-check'
import { http } from '../../testers/request.ts'
import { show } from '../../testers/values.ts'
import { type Property, processProperty } from '../property.ts'
import { serveTls } from './launch.ts'

const CLAUSE = 'config/half-close'

/** RFC 8446 §6.1: a closure alert ends one direction alone. */
export const halfClose: Property = processProperty({
  id: `${CLAUSE}/tls`,
  law: 'over TLS, too, a client that has ended its side gets the whole of its response',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'config/command-line', 'tls', 'documented/half-close'],
  enough: 2,
  program: fc.record({
    content: fc.constantFrom('', 'content'),
    pieces: fc.integer({ min: 1, max: 3 }),
  }),
  async run(launcher, { content, pieces }) {
    const iut = await serveTls(launcher, CLAUSE)
    const trial = launcher.trial(iut)
    const exchange = await trial.open(http.post('/', content), { fresh: true })
    await exchange.readBody()
    exchange.channel.wire.end()
    await iut.settle(2)
    const body = Array.from({ length: pieces }, (_, index) => `piece ${index}, `)
    await exchange.respond({ status: 200, body })
    const response = await exchange.response(CLAUSE)
    const whole = response?.complete === true && response.body.toString() === body.join('')
    launcher.check(CLAUSE, whole, 'the whole response', () => show(response?.body))
  },
})
