import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Settings } from '../config/settings.ts'
import { ListenFailed } from '../server/errors.ts'

/**
 * The port that all workers share; null for a unix socket or a descriptor. Port 0 is decided here, once
 * and for all workers, replacements included.
 */
export async function sharedPort({ host, port, uds, fd }: Settings): Promise<number | null> {
  if (uds !== null || fd !== null) return null
  if (port !== 0) return port
  const server = createServer()
  try {
    server.listen({ host, port: 0, exclusive: true })
    await once(server, 'listening')
  } catch (error) {
    throw new ListenFailed(`${host}:0`, error)
  }
  const bound = server.address()
  server.close()
  await once(server, 'close')
  return typeof bound === 'object' && bound !== null ? bound.port : null
}
