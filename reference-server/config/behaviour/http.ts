import assert from 'node:assert/strict'
import type { Trial, Trials } from './trial.ts'

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const FORWARDED = 'X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n'

/** One request beyond a limit, and one within it. */
function limit(
  given: ReturnType<Trial['given']>,
  beyond: string,
  status: number,
  within: string,
): Trial {
  return {
    given: () => given,
    async see({ connect }) {
      for (const [text, expected] of [
        [beyond, status],
        [within, 200],
      ] as const) {
        const client = await connect()
        client.send(text)
        assert.match(await client.until('\r\n\r\n'), new RegExp(`^HTTP/1\\.1 ${expected}`))
      }
    },
  }
}

const get = (target: string, fields: string): string =>
  `GET ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`
const post = (body: string): string =>
  `POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`

type Names =
  | 'rootPath'
  | 'http2'
  | 'proxyHeaders'
  | 'trustedProxies'
  | 'serverHeader'
  | 'dateHeader'
  | 'header'
  | 'limitConcurrency'
  | 'limitRequestLine'
  | 'limitHeaderBytes'
  | 'limitHeaderCount'
  | 'limitBody'
  | 'timeoutHeader'
  | 'timeoutKeepAlive'
  | 'timeoutStall'

export const http: Trials<Names> = {
  rootPath: {
    given: () => ({ rootPath: '/mounted' }),
    async see({ get: ask }) {
      const below = /"root_path":"\/mounted","path":"\/mounted\/a"/
      assert.match(await ask('/a'), below)
      assert.match(await ask('/mounted/a'), below)
    },
  },
  http2: {
    given: () => ({ http2: false }),
    async see({ connect }) {
      const client = await connect()
      client.send(PREFACE)
      assert.match(await client.untilEnd(), /^HTTP\/1\.1 [45]/)
    },
  },
  proxyHeaders: {
    given: () => ({ proxyHeaders: true }),
    async see({ get: ask }) {
      assert.match(await ask('/', FORWARDED), /"scheme":"https","client":\["1\.2\.3\.4",0\]/)
    },
  },
  trustedProxies: {
    given: () => ({ proxyHeaders: true, trustedProxies: ['10.0.0.0/8', '192.168.0.1'] }),
    async see({ get: ask }) {
      assert.match(await ask('/', FORWARDED), /"scheme":"http","client":\["127\.0\.0\.1",\d+\]/)
    },
  },
  serverHeader: {
    given: () => ({ serverHeader: false }),
    async see({ get: ask }) {
      assert.doesNotMatch(await ask(), /\r\nserver:/i)
    },
  },
  dateHeader: {
    given: () => ({ dateHeader: false }),
    async see({ get: ask }) {
      assert.doesNotMatch(await ask(), /\r\ndate:/i)
    },
  },
  header: {
    given: () => ({ header: ['x-a: 1, 2', 'x-b: 3'] }),
    async see({ get: ask }) {
      assert.match(await ask(), /\r\nx-a: 1, 2\r\nx-b: 3\r\n/)
    },
  },
  limitConcurrency: {
    given: () => ({ limitConcurrency: 1 }),
    async see({ server, connect, get: ask }) {
      assert.match(await ask(), /^HTTP\/1\.1 200/)
      const client = await connect()
      client.send(get('/hold', ''))
      await server.logged(/fixture: hold/)
      assert.match(await ask(), /^HTTP\/1\.1 503/)
    },
  },
  limitRequestLine: limit(
    { limitRequestLine: 40 },
    get(`/${'a'.repeat(40)}`, ''),
    414,
    get('/', `X: ${'a'.repeat(40)}\r\n`),
  ),
  limitHeaderBytes: limit(
    { limitHeaderBytes: 100 },
    get('/', `X: ${'a'.repeat(100)}\r\n`),
    431,
    get(`/${'a'.repeat(100)}`, ''),
  ),
  limitHeaderCount: limit(
    { limitHeaderCount: 3 },
    get('/', 'A: 1\r\nB: 2\r\nC: 3\r\n'),
    431,
    get('/', 'A: 1\r\nB: 2\r\n'),
  ),
  limitBody: limit({ limitBody: 4 }, post('hello'), 413, post('hell')),
  timeoutHeader: {
    given: () => ({ timeoutHeader: 0.5 }),
    async see({ connect }) {
      const client = await connect()
      client.send('GET / HTTP/1.1\r\n')
      assert.match(await client.untilEnd(), /^HTTP\/1\.1 408/)
    },
  },
  timeoutKeepAlive: {
    given: () => ({ timeoutKeepAlive: 0.5 }),
    async see({ connect }) {
      const client = await connect()
      client.send(get('/', ''))
      const all = await client.untilEnd()
      assert.match(all, /^HTTP\/1\.1 200/)
      assert.doesNotMatch(all, /HTTP\/1\.1 408/)
    },
  },
  timeoutStall: {
    given: () => ({ timeoutStall: 0.5 }),
    async see({ connect }) {
      const client = await connect()
      client.send('POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n')
      assert.equal(await client.untilEnd(), '')
    },
  },
}
