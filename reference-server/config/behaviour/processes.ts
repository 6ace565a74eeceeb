import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { APP } from '../../testing/configured.ts'
import type { Trials } from './trial.ts'

const moduleSaying = (word: string): string => `
  const bytes = (text) => new TextEncoder().encode(text)
  export const app = async (scope, receive, send) => {
    if (scope.type !== 'http') throw new Error(scope.type)
    await send({ type: 'http.response.start', status: 200 })
    await send({ type: 'http.response.body', body: bytes('${word}') })
  }
`

type Names =
  | 'app'
  | 'factory'
  | 'workers'
  | 'reload'
  | 'lifespan'
  | 'limitMaxRequests'
  | 'limitMaxRequestsJitter'
  | 'timeoutShutdown'

export const processes: Trials<Names> = {
  app: {
    given: () => ({ app: `${APP}:plain` }),
    async see({ get }) {
      assert.match(await get(), /plain$/)
    },
  },
  factory: {
    given: () => ({ app: `${APP}:factory`, factory: true }),
    async see({ get }) {
      assert.match(await get(), /plain$/)
    },
  },
  workers: {
    given: () => ({ workers: 2 }),
    async see({ server, get }) {
      await server.logged(/(fixture: startup[^]*){2}/)
      const pids = new Set<string>()
      while (pids.size < 2) pids.add(/"pid":(\d+)/.exec(await get())?.[1] ?? '')
      assert.ok(!pids.has(String(server.child.pid)))
    },
  },
  reload: {
    given() {
      const folder = mkdtempSync(join(tmpdir(), 'assay-reload-'))
      const file = join(folder, 'app.mjs')
      writeFileSync(file, moduleSaying('before'))
      return { app: `${file}:app`, reload: true }
    },
    async see({ get }, { app = '' }) {
      assert.match(await get(), /before/)
      const file = (app ?? '').replace(/:app$/, '')
      // Many editors put a new file in the place of the old one, time and again.
      for (const said of ['after', 'later']) {
        writeFileSync(`${file}.new`, moduleSaying(said))
        renameSync(`${file}.new`, file)
        while (!(await get()).includes(said)) {
          // the old worker answers until the new one is ready
        }
      }
      writeFileSync(file, moduleSaying('last'))
      while (!(await get()).includes('last')) {
        // the same for one that writes into it
      }
    },
  },
  lifespan: {
    given: () => ({ app: `${APP}:plain`, lifespan: 'on' }),
    async see({ server }) {
      assert.equal(await server.exited(), 3)
      assert.match(server.log, /no lifespan here/)
    },
  },
  limitMaxRequests: {
    given: () => ({ limitMaxRequests: 2 }),
    async see({ server, get }) {
      await get()
      assert.match(await get(), /^HTTP\/1\.1 200/)
      assert.equal(await server.exited(), 0)
    },
  },
  limitMaxRequestsJitter: {
    given: () => ({ limitMaxRequests: 1, limitMaxRequestsJitter: 2 }),
    async see({ server, get }) {
      assert.match(await get(), /^HTTP\/1\.1 200/)
      // Chance decides whether it goes on for two, one or no more; then nobody listens.
      for (let i = 0; i < 2; i += 1) await get().catch(() => '')
      assert.equal(await server.exited(), 0)
    },
  },
  timeoutShutdown: {
    given: () => ({ timeoutShutdown: 0.5 }),
    async see({ server, connect }) {
      const client = await connect()
      client.send('GET /hold HTTP/1.1\r\nHost: a\r\n\r\n')
      await server.logged(/fixture: hold/)
      server.signal('SIGTERM')
      assert.equal(await client.untilEnd(), '')
      assert.equal(await server.exited(), 0)
    },
  },
}
