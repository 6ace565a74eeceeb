import type { RemoteScope } from './remote-scope.ts'
import { isDict } from './values.ts'

/** What the probe does with a lifespan scope unless a property takes it over: start up, shut down. */
export async function cooperate(scope: RemoteScope): Promise<void> {
  for (;;) {
    const event = await scope.receive()
    if (!isDict(event.value)) return
    const type = event.value['type']
    if (type !== 'lifespan.startup' && type !== 'lifespan.shutdown') return
    const answer = await scope.send({ type: `${type}.complete` })
    if (answer.raised !== null) return
    if (type === 'lifespan.shutdown') {
      await scope.return()
      return
    }
  }
}
