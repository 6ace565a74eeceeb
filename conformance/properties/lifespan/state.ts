import fc from 'fast-check'
import { word } from '../../arbitraries/http.ts'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import type { Channel } from '../../testers/channel.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { isDict, type PyValue, show } from '../../testers/values.ts'
import { type Property, processProperty } from '../property.ts'

/** An object that start-up made for all requests: a pool of connections, say. */
const POOL = 'x-pool'

/** What a request over HTTP/2 writes for itself. */
const STREAM = 'x-stream'

/** lifespan.rst, "Lifespan State". */
export const state: readonly Property[] = [
  processProperty({
    id: 'lifespan/state/shallow-copy',
    law: 'each request sees what start-up put into the state, in a copy of its own that holds the same objects',
    clauses: [
      'lifespan/scope/state',
      'lifespan/state/provided',
      'lifespan/state/shallow-copy',
      'lifespan/state/untouched',
      'http/scope/state',
    ],
    needs: ['http/1.1', 'lifespan', 'lifespan/state'],
    program: fc.record({ key: word, value: word, scribble: word }),
    async run(launcher, { key, value, scribble }) {
      const iut = await launcher.start({
        lifespan: 'auto',
        onLifespan: (scope) => {
          void (async () => {
            await scope.receive()
            const namespace = scope.scope['state']
            launcher.check(
              'lifespan/state/provided',
              isDict(namespace),
              'state in the lifespan scope',
              () => show(namespace),
            )
            launcher.check(
              'lifespan/scope/state',
              isDict(namespace) && Object.keys(namespace).length === 0,
              'an empty dict',
              () => show(namespace),
            )
            await scope.setState(key, value)
            await scope.setState(POOL, {})
            await scope.send({ type: 'lifespan.startup.complete' })
            await scope.receive()
            await scope.send({ type: 'lifespan.shutdown.complete' })
            await scope.return()
          })().catch(() => undefined)
        },
      })
      await iut.calibrate()
      const trial = launcher.trial(iut)
      const channel = await trial.connect()
      const writer = await stateOf(
        trial,
        channel,
        (seen) => {
          launcher.check(
            'http/scope/state',
            isDict(seen) && seen[key] === value,
            `${key}: ${show(value)}`,
            () => show(seen),
          )
          launcher.check(
            'lifespan/state/untouched',
            isDict(seen) && Object.keys(seen).length === 2,
            'nothing but what the application put there',
            () => show(seen),
          )
        },
        scribble,
      )
      // A copy made once for a connection would be shared by its requests.
      const next = [...(channel.wire.usable ? [channel] : []), await trial.connect()]
      for (const other of next) {
        await stateOf(trial, other, (seen, pid) => {
          // lifespan.rst, "Lifespan State": a connection that start-up made is the one that requests use.
          const pool = isDict(seen) ? seen[POOL] : undefined
          // A worker that was started anew has a lifespan, and a state, of its own.
          launcher.check(
            'lifespan/state/shallow-copy',
            pid !== writer || (isDict(pool) && pool['used'] === scribble),
            `what an earlier request wrote into an object of the state: ${show(scribble)}`,
            () => show(seen),
          )
          launcher.check(
            'lifespan/state/shallow-copy',
            isDict(seen) && seen[`x-${scribble}`] === undefined && seen[key] === value,
            `no trace of what an earlier request wrote: ${key}: ${show(value)}`,
            () => show(seen),
          )
        })
      }
      if (!launcher.target.has('http/2/prior-knowledge')) return
      const client = await openHttp2(trial)
      for (const first of [true, false]) {
        const { exchange } = await serve(trial, client, h2.get('/'))
        const { state: seen } = exchange.scope
        launcher.check(
          'http/scope/state',
          isDict(seen) && seen[key] === value,
          `${key}: ${show(value)} over HTTP/2 too`,
          () => show(seen),
        )
        launcher.check(
          'lifespan/state/shallow-copy',
          isDict(seen) && seen[STREAM] === undefined,
          'no trace of what the stream before it wrote',
          () => show(seen),
        )
        if (first) await exchange.app.setState(STREAM, 'was here')
        await exchange.respond({ status: 204 })
        await exchange.response()
      }
    },
  }),
]

async function stateOf(
  trial: Trial,
  channel: Channel,
  judge: (seen: PyValue | undefined, pid: number) => void,
  scribble?: string,
): Promise<number> {
  const exchange = await trial.open(http.get('/'), { channel })
  const { state: seen } = exchange.scope
  judge(seen, exchange.app.pid)
  if (scribble !== undefined) {
    await exchange.app.setState(`x-${scribble}`, 'was here')
    if (isDict(seen) && isDict(seen[POOL])) await exchange.app.setInState(POOL, 'used', scribble)
  }
  await exchange.respond({ status: 204 })
  await exchange.response()
  return exchange.app.pid
}
