import assert from 'node:assert/strict'
import { freePort } from '../../testing/configured.ts'
import { RawClient } from '../../testing/raw-client.ts'
import type { Trials } from './trial.ts'

/** Retries until somebody listens: a server that logs nothing cannot say so. */
async function untilListening(port: number): Promise<RawClient> {
  while (true) {
    try {
      return await RawClient.connect(port)
    } catch {
      // not yet
    }
  }
}

export const observing: Trials<'logLevel' | 'logFormat' | 'accessLog' | 'metricsPort'> = {
  logLevel: {
    given: async () => ({ logLevel: 'error', port: await freePort() }),
    async see({ server }, { port = 0 }) {
      const client = await untilListening(port)
      client.send('GET /raise HTTP/1.1\r\nHost: a\r\n\r\n')
      assert.match(await client.untilEnd(), /^HTTP\/1\.1 500/)
      await server.logged(/error: [^]*planted/)
      assert.doesNotMatch(server.log, /listening/)
    },
  },
  logFormat: {
    given: () => ({ logFormat: 'json' }),
    async see({ server }) {
      const [line] = await server.logged(/^\{.*listening on http.*\}$/m)
      const entry: unknown = JSON.parse(line)
      assert.ok(typeof entry === 'object' && entry !== null && 'msg' in entry && 'level' in entry)
    },
  },
  accessLog: {
    given: () => ({ accessLog: true }),
    async see({ server, get }) {
      await get('/seen?a=b')
      await server.logged(/127\.0\.0\.1:\d+ "GET \/seen\?a=b HTTP\/1\.1" 200 \d+ [\d.]+ms/)
    },
  },
  metricsPort: {
    given: async () => ({ metricsPort: await freePort(), workers: 2 }),
    async see({ get, server }, { metricsPort }) {
      await server.logged(/(fixture: startup[^]*){2}/)
      await get()
      await get()
      let response: Response
      let text: string
      do {
        response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`)
        text = await response.text()
        // a worker that was started counts once it is ready
      } while (!/^assay_workers 2$/m.test(text))
      assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
      assert.match(text, /^assay_requests_total\{type="http",status="200"\} 2$/m)
      assert.match(text, /^assay_request_duration_seconds_bucket\{le="\+Inf"\} 2$/m)
      assert.equal((await fetch(`http://127.0.0.1:${metricsPort}/`)).status, 404)
    },
  },
}
