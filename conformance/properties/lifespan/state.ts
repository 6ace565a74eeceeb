import fc from 'fast-check'
import { word } from '../../arbitraries/http.ts'
import type { Launcher } from '../../testers/launcher.ts'
import type { RemoteScope } from '../../testers/remote-scope.ts'
import { isDict, type PyValue, show } from '../../testers/values.ts'
import { type Property, processProperty } from '../property.ts'
import { type Visit, visit, visitOn, waysOf } from '../visits.ts'

const COPY = 'lifespan/state/shallow-copy'

/** An object that start-up made for all requests: a pool of connections, say. */
const POOL = 'x-pool'

/** lifespan.rst, "Lifespan State". */
export const state: readonly Property[] = [
  processProperty({
    id: COPY,
    law: 'each request sees what start-up put into the state, in a copy of its own that holds the same objects',
    clauses: [
      'lifespan/scope/state',
      'lifespan/state/provided',
      COPY,
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
            const { value: last } = await scope.look()
            judgeKept(launcher, last, key, value)
            const { raised } = await scope.setState('x-late', value)
            launcher.check(
              'lifespan/state/untouched',
              raised === null,
              'a state that its application may still write to',
              () => raised?.chain.join(' < ') ?? '',
            )
            await scope.send({ type: 'lifespan.shutdown.complete' })
            await scope.return()
          })().catch(() => undefined)
        },
      })
      await iut.calibrate()
      const trial = launcher.trial(iut)
      const channel = await trial.connect()
      const first = await visitOn(trial, channel)
      judgeFresh(launcher, first.app.scope['state'], key, value)
      await first.app.setState(`x-${scribble}`, 'was here')
      await writeIntoPool(first.app, scribble)
      await first.end()
      const seenFirst = { pid: first.app.pid, key, value, scribble }
      if (channel.wire.usable) await judgeCopy(launcher, await visitOn(trial, channel), seenFirst)
      // A copy made once for a connection would be shared by its requests, one made for a protocol by all
      // of its requests.
      for (const way of waysOf(iut))
        for (let count = 0; count < 2; count += 1)
          await judgeCopy(launcher, await visit(trial, way), seenFirst)
      if (!launcher.target.has('process/drains-on-sigterm')) return
      iut.expectEnd()
      iut.signal('SIGTERM')
      await iut.ended()
    },
  }),
]

function judgeFresh(
  launcher: Launcher,
  seen: PyValue | undefined,
  key: string,
  value: string,
): void {
  const holds = isDict(seen) && seen[key] === value
  launcher.check('http/scope/state', holds, `${key}: ${show(value)}`, () => show(seen))
  launcher.check(
    'lifespan/state/untouched',
    isDict(seen) && Object.keys(seen).length === 2,
    'nothing but what the application put there',
    () => show(seen),
  )
}

/** What start-up put there is what the shutdown takes down. */
function judgeKept(launcher: Launcher, scope: PyValue, key: string, value: string): void {
  const kept = isDict(scope) ? scope['state'] : undefined
  launcher.check(
    'lifespan/state/untouched',
    isDict(kept) && kept[key] === value && isDict(kept[POOL]),
    `${key}: ${show(value)} in the state at lifespan.shutdown`,
    () => show(kept),
  )
}

interface Written {
  /** Of the worker whose state it was. */
  readonly pid: number
  readonly key: string
  readonly value: string
  readonly scribble: string
}

/** A later call of the application, which leaves traces of its own. */
async function judgeCopy(
  launcher: Launcher,
  visited: Visit | null,
  { pid, key, value, scribble }: Written,
): Promise<void> {
  if (visited === null) return
  const { app } = visited
  const { state: seen } = app.scope
  // www.rst has it as optional in either scope; a request of HTTP has been shown one already.
  if (seen !== undefined || app.type !== 'websocket') {
    // lifespan.rst, "Lifespan State": a connection that start-up made is the one that requests use.
    const pool = isDict(seen) ? seen[POOL] : undefined
    // A worker that was started anew has a lifespan, and a state, of its own.
    launcher.check(
      COPY,
      app.pid !== pid || (isDict(pool) && pool['used'] === scribble),
      `what an earlier request wrote into an object of the state: ${show(scribble)}`,
      () => show(seen),
    )
    launcher.check(
      COPY,
      isDict(seen) && seen[`x-${scribble}`] === undefined && seen[key] === value,
      `no trace of what an earlier request wrote: ${key}: ${show(value)}`,
      () => show(seen),
    )
    await app.setState(`x-${scribble}`, 'was here')
  }
  await visited.end()
}

async function writeIntoPool(app: RemoteScope, scribble: string): Promise<void> {
  const { state: seen } = app.scope
  if (isDict(seen) && isDict(seen[POOL])) await app.setInState(POOL, 'used', scribble)
}
