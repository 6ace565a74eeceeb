import fc from 'fast-check'
import { establish } from '../../websocket/open.ts'
import { exchangeProperty, type Property } from '../property.ts'

const NORMAL = 'wire/rfc6455/code-1000-normal'
const STARTS = 'wire/rfc6455/failure-starts-handshake'
const RAISED = 'asgi/error/app-exception-terminates'

/** What a server says of an application that has failed, where it says anything. */
export const failedApplication: Property = exchangeProperty({
  id: NORMAL,
  law: 'the connection of an application that has raised ends with a Close, and not with one that says that it was of no further use',
  clauses: [NORMAL, STARTS],
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
    trial.check(
      STARTS,
      close !== null,
      'a Close frame before the end of the connection',
      () => 'the end of the connection, without a Close frame',
    )
    const code = close?.code ?? null
    if (code === null) trial.judge.notApplicable(NORMAL, 'the connection ends without a code')
    else trial.check(NORMAL, code !== 1000, 'a code other than 1000', () => '1000')
  },
})
