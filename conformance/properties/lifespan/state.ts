import fc from 'fast-check'
import { word } from '../../arbitraries/http.ts'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import type { Channel } from '../../testers/channel.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { isDict, type PyValue, show } from '../../testers/values.ts'
import { type Property, processProperty } from '../property.ts'

/** lifespan.rst, "Lifespan State". */
export const state: readonly Property[] = [
  processProperty({
    id: 'lifespan/state/shallow-copy',
    law: 'each request sees what start-up put into the state, in a copy of its own',
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
      await stateOf(
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
            isDict(seen) && Object.keys(seen).length === 1,
            'nothing but what the application put there',
            () => show(seen),
          )
        },
        `x-${scribble}`,
      )
      // A copy made once for a connection would be shared by its requests.
      const next = [...(channel.wire.usable ? [channel] : []), await trial.connect()]
      for (const other of next) {
        await stateOf(trial, other, (seen) => {
          launcher.check(
            'lifespan/state/shallow-copy',
            isDict(seen) && seen[`x-${scribble}`] === undefined && seen[key] === value,
            `no trace of what an earlier request wrote: ${key}: ${show(value)}`,
            () => show(seen),
          )
        })
      }
      if (!launcher.target.has('http/2/prior-knowledge')) return
      const { exchange } = await serve(trial, await openHttp2(trial), h2.get('/'))
      const { state: seen } = exchange.scope
      launcher.check(
        'http/scope/state',
        isDict(seen) && seen[key] === value,
        `${key}: ${show(value)} over HTTP/2 too`,
        () => show(seen),
      )
      await exchange.respond({ status: 204 })
      await exchange.response()
    },
  }),
]

async function stateOf(
  trial: Trial,
  channel: Channel,
  judge: (seen: PyValue | undefined) => void,
  scribble?: string,
): Promise<void> {
  const exchange = await trial.open(http.get('/'), { channel })
  judge(exchange.scope['state'])
  if (scribble !== undefined) await exchange.app.setState(scribble, 'was here')
  await exchange.respond({ status: 204 })
  await exchange.response()
}
