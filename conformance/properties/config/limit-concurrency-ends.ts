import fc from 'fast-check'
import { binary, startMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { isDict } from '../../testers/values.ts'
import { openWebSocket } from '../../websocket/open.ts'
import { type Property, processProperty } from '../property.ts'
import { serveWith } from './serve-with.ts'

const CLAUSE = 'config/limit-concurrency'
const LIMIT = 4

type End = 'raised' | 'cut short' | 'left' | 'closed' | 'refused' | 'denied' | 'failed'

const OF_REQUESTS: readonly End[] = ['raised', 'cut short', 'left']
const OF_SOCKETS: readonly End[] = ['closed', 'refused', 'denied', 'failed']

/** However a request or a WebSocket ends, its place is free for another. */
export const placesGivenBack: Property = processProperty({
  id: `${CLAUSE}/given-back`,
  law: 'a request or WebSocket that is over counts no more towards the limit, however it came to its end',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'config/command-line', 'limit/concurrency'],
  enough: 1,
  program: fc.record({
    order: fc.shuffledSubarray([...OF_REQUESTS, ...OF_SOCKETS], { minLength: 7 }),
  }),
  async run(launcher, { order }) {
    const trial = await serveWith(launcher, CLAUSE, { limitConcurrency: LIMIT })
    const socketsToo = launcher.target.has('websocket')
    for (const end of order.filter((one) => socketsToo || OF_REQUESTS.includes(one))) {
      for (let count = 0; count <= LIMIT; count += 1) {
        await (OF_REQUESTS.includes(end) ? endRequest(trial, end) : endSocket(trial, end))
        const served = await trial.iut.becomes(() => isServed(trial), trial.iut.patience.limit)
        trial.check(
          CLAUSE,
          served,
          `a request served after ${count + 1} that were ${end}, none of them in progress`,
          () => '503',
        )
        if (!served) return
      }
    }
  },
})

/** Whether the server has room: it may not have noticed yet that a connection is gone. */
async function isServed(trial: Trial): Promise<boolean> {
  const { served } = await trial.attempt(http.get('/'), { fresh: true })
  if (served === null) return false
  await served.respond({ status: 204 })
  await served.response()
  trial.iut.release(served.channel)
  return true
}

async function endRequest(trial: Trial, end: End): Promise<void> {
  const exchange = await trial.open(http.get('/'), { fresh: true })
  exchange.misused = true
  if (end === 'cut short')
    await exchange.send(startMessage({ status: 200, headers: [['content-length', '9']] }))
  if (end === 'left') {
    exchange.clientLeft = true
    trial.iut.release(exchange.channel)
    await exchange.app.return()
    return
  }
  await exchange.app.raise('RuntimeError')
  await exchange.response()
  trial.iut.release(exchange.channel)
}

async function endSocket(trial: Trial, end: End): Promise<void> {
  const exchange = await openWebSocket(trial)
  exchange.misused = true
  await exchange.connect()
  if (end === 'denied') {
    const { extensions } = exchange.scope
    if (isDict(extensions) && 'websocket.http.response' in extensions) {
      await exchange.send({ type: 'websocket.http.response.start', status: 404, headers: [] })
      await exchange.send({ type: 'websocket.http.response.body', body: binary('no') })
    }
  } else if (end === 'refused') await exchange.send({ type: 'websocket.close' })
  else if (end === 'closed') {
    await exchange.accept()
    await exchange.close('websocket/close/code', { code: 1000 })
  }
  await (end === 'failed' ? exchange.app.raise('RuntimeError') : exchange.app.return())
  trial.iut.release(exchange.channel)
}
