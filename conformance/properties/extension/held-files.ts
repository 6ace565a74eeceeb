import { truncate } from 'node:fs/promises'
import fc from 'fast-check'
import { startMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import { judgeBlocked } from '../http/send-blocked.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { offers } from './announced.ts'
import { fileOf } from './files.ts'

const EXTENSION = 'http.response.pathsend'
const HELD_UP = 'process/write-flow-control'
const RETURNS = 'asgi/send/returns'

/** Far more than the sockets of both sides hold, and nothing on the disk. */
const BYTES = 64 * 2 ** 20
/** Quiet periods in which a server that does not wait has read all of it. */
const PERIODS = 60

/** What is true of content that the application sends is true of a file that it names. */
export const heldFiles: Property = exchangeProperty({
  id: `${HELD_UP}/file`,
  law: 'a send() of a file waits for a client which reads nothing, and comes back when that client is lost',
  clauses: [HELD_UP, RETURNS],
  needs: ['http/1.1', 'flow-control', `extension/${EXTENSION}`],
  enough: 1,
  program: fc.record({ listening: fc.boolean() }),
  async run(trial, { listening }) {
    const exchange = await trial.open(http.get('/'), { fresh: true })
    await exchange.readBody()
    if (!offers(exchange.scope, EXTENSION)) {
      trial.judge.notApplicable(HELD_UP, 'the scope does not offer the extension')
      trial.judge.notApplicable(RETURNS, 'the scope does not offer the extension')
      return
    }
    exchange.misused = true
    exchange.clientLeft = true
    await exchange.send(startMessage({ status: 200 }))
    const { channel, app } = exchange
    const path = await fileOf('')
    await truncate(path, BYTES)
    const sender = { channel, app, piece: { type: EXTENSION, path }, pieces: 1, periods: PERIODS }
    await judgeBlocked(trial, sender, listening)
  },
})
