import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, listeningSocket } from '../../testing/configured.ts'
import type { Trials } from './trial.ts'

/** `/proc/net/if_inet6` and its kin differ: asking is the surest way. */
async function hasIPv6(): Promise<boolean> {
  const server = createServer().listen(0, '::1')
  try {
    await once(server, 'listening')
    server.close()
    return true
  } catch {
    return false
  }
}

/** How many of these connections are accepted by the kernel within a moment. */
async function connected(port: number, count: number): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'))
  for (const socket of sockets) socket.on('error', () => {})
  await sleep(300)
  return sockets
}

let sockets = 0

export const listening: Trials<'host' | 'port' | 'uds' | 'fd' | 'backlog'> = {
  host: {
    given: async () => ({ host: (await hasIPv6()) ? '::1' : '127.0.0.2' }),
    async see({ server }, { host = '' }) {
      const url = await server.url()
      assert.equal(new URL(url).hostname, host.includes(':') ? `[${host}]` : host)
      assert.equal((await fetch(url)).status, 200)
    },
  },
  port: {
    given: async () => ({ port: await freePort() }),
    async see({ port }, given) {
      assert.equal(await port(), given.port)
    },
  },
  uds: {
    given: () => {
      sockets += 1
      return { uds: join(tmpdir(), `assay-settings-${process.pid}-${sockets}.sock`) }
    },
    async see({ server }, { uds }) {
      assert.ok(typeof uds === 'string')
      await server.logged(/listening on unix:/)
      const sent = request({ socketPath: uds }).end()
      const [response] = await once(sent, 'response')
      assert.equal(response.statusCode, 200)
      response.resume()
      server.signal('SIGTERM')
      assert.equal(await server.exited(), 0)
      assert.ok(!existsSync(uds))
    },
  },
  fd: {
    given: () => ({ fd: 3 }),
    inherit: listeningSocket,
    async see({ get }) {
      assert.match(await get(), /^HTTP\/1\.1 200/)
    },
  },
  backlog: {
    given: () => ({ backlog: 1 }),
    async see({ server, port }) {
      const number = await port()
      server.signal('SIGSTOP')
      const clients = await connected(number, 8)
      const open = clients.filter(({ pending }) => !pending)
      server.signal('SIGCONT')
      for (const client of clients) client.destroy()
      // Linux lets one more wait than it is told.
      assert.equal(open.length, 2)
    },
  },
}
