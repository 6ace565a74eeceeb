import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { describe, it } from 'mocha'
import { WireConnection } from './wire.ts'

/** Between the FIN and the reset. */
const PAUSES: Readonly<Record<string, () => Promise<unknown>>> = {
  'at once': async () => undefined,
  'a turn later': async () => await setImmediate(),
}

describe('a connection', () => {
  for (const [when, pause] of Object.entries(PAUSES))
    it(`that is reset ${when} behind its FIN takes nothing more`, async () => {
      const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      try {
        const accepted = once(server, 'connection')
        const wire = await WireConnection.open('127.0.0.1', portOf(server))
        const [socket] = await accepted
        const refused = once(socket.resume(), 'error')
        wire.end()
        await pause()
        wire.reset()
        const writing = setInterval(() => socket.write('too late'), 1)
        await refused
        clearInterval(writing)
      } finally {
        server.close()
      }
    })
})

function portOf(server: Server): number {
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}
