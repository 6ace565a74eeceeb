import fc from 'fast-check'
import { establish } from '../../websocket/open.ts'
import { exchangeProperty, type Property } from '../property.ts'

const NORMAL = 'wire/rfc6455/code-1000-normal'
const RAISED = 'asgi/error/app-exception-terminates'

/** What a server says of an application that has failed, where it says anything. */
export const failedApplication: Property = exchangeProperty({
  id: NORMAL,
  law: 'the Close for an application that has raised does not say that its connection was of no further use',
  clauses: [NORMAL],
  needs: ['websocket'],
  enough: 4,
  program: fc.record({
    error: fc.constantFrom('RuntimeError', 'ValueError'),
    speaks: fc.boolean(),
  }),
  async run(trial, { error, speaks }) {
    const exchange = await establish(trial)
    if (speaks) await exchange.send({ type: 'websocket.send', text: 'one' })
    await exchange.app.raise(error)
    await exchange.over(RAISED)
    const { close } = exchange.peer.reader
    exchange.answerClose()
    const code = close?.code ?? null
    if (code === null) trial.judge.notApplicable(NORMAL, 'the connection ends without a code')
    else trial.check(NORMAL, code !== 1000, 'a code other than 1000', () => '1000')
  },
})
