import type { RemoteScope } from './remote-scope.ts'
import { isDict } from './values.ts'

/**
 * What the probe does with a lifespan scope unless a property takes it over: start up, shut down.
 * `heard` is told of each event, and waited for.
 */
export async function cooperate(
  scope: RemoteScope,
  heard: (type: string) => unknown = () => undefined,
): Promise<void> {
  for (;;) {
    const event = await scope.receive()
    if (!isDict(event.value)) return
    const type = event.value['type']
    if (type !== 'lifespan.startup' && type !== 'lifespan.shutdown') return
    await heard(type)
    const sent = scope.send({ type: `${type}.complete` })
    if (type === 'lifespan.shutdown') {
      // In one breath, as applications do: a server may cancel one that lingers behind its last message.
      await Promise.all([sent, scope.return()])
      return
    }
    if ((await sent).raised !== null) return
  }
}
