import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type OutgoingHttpHeaders } from 'node:http2'
import { describe, it } from 'mocha'
import type { ASGIApplication } from '../asgi/application.ts'
import { type Bench, gate, withServer } from '../testing/with-server.ts'
import type { Served } from './observers.ts'
import type { ServeOptions } from './serve.ts'

const HOST = 'HTTP/1.1\r\nHost: a\r\n'
const CHUNKED = `POST /chunked ${HOST}Transfer-Encoding: chunked\r\n\r\n`
const HANDSHAKE = `${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n`
const KEY = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

/** Reads all content, then answers; refuses a WebSocket. */
const reading: ASGIApplication = async (scope, receive, send) => {
  if (scope.type === 'websocket') {
    await send({ type: 'websocket.close' })
    return
  }
  for (let more = true; more; ) {
    const event = await receive()
    more = event.type === 'http.request' && event.more_body
  }
  await send({ type: 'http.response.start', status: 200 })
  await send({ type: 'http.response.body' })
}

/** Answers each handshake in another way. */
const answering: ASGIApplication = async (scope, receive, send) => {
  if (scope.type !== 'websocket') return
  if (scope.path === '/accepted') await send({ type: 'websocket.accept' })
  else if (scope.path === '/denied') {
    await send({ type: 'websocket.http.response.start', status: 401 })
    const body = Buffer.from('abc')
    await send({ type: 'websocket.http.response.body', body, more_body: true })
    await send({ type: 'websocket.http.response.body', body })
  } else await reading(scope, receive, send)
}

const shake = (path: string): string => `GET ${path} ${HANDSHAKE}${KEY}\r\n`

function silent(): void {}

/** What the access log tells while `body` runs, as `method path status`. */
async function toldOf(
  application: ASGIApplication,
  options: ServeOptions,
  body: (bench: Bench, told: readonly string[]) => Promise<void>,
): Promise<readonly string[]> {
  const told: string[] = []
  const access = ({ method, path, status }: Served): void => {
    told.push(`${method} ${path} ${status}`)
  }
  const log = { debug: silent, info: silent, warn: silent, error: silent, access }
  await withServer(application, { accessLog: true, log, ...options }, (bench) => body(bench, told))
  return told
}

describe('the access log', () => {
  it('tells of requests that are refused, once and with their status', async () => {
    const refused = {
      'GET /no-host 400': 'GET /no-host HTTP/1.1\r\n\r\n',
      'GET /late 408': `GET /late ${HOST}`,
      'POST /declared?a 413': `POST /declared?a ${HOST}Content-Length: 5\r\n\r\n`,
      'POST /chunked 413': `${CHUNKED}5\r\nhello\r\n0\r\n\r\n`,
      'GET /fields 431': `GET /fields ${HOST}${'A: 1\r\n'.repeat(101)}\r\n`,
      'GET /version 426': `GET /version ${HANDSHAKE}\r\n`,
      'WEBSOCKET /denied 403': `GET /denied ${HANDSHAKE}${KEY}\r\n`,
    }
    const options = { limitBody: 4, timeoutHeader: 0.3 }
    const told = await toldOf(reading, options, async ({ exchange }) => {
      for (const text of Object.values(refused)) await exchange(text)
      await exchange('no request\r\n\r\n')
    })
    assert.deepEqual(told, Object.keys(refused))
  })

  it('tells with what a WebSocket handshake was answered, and how much content that had', async () => {
    const served: unknown[] = []
    const access = ({ path, status, bytesSent }: Served): void => {
      served.push([path, status, bytesSent])
    }
    const log = { debug: silent, info: silent, warn: silent, error: silent, access }
    const options = { metricsPort: 0, accessLog: true, log }
    await withServer(answering, options, async ({ server, exchange, connect: open }) => {
      await exchange(shake('/denied'))
      const answer = await exchange(shake('/closed'))
      const own = answer.length - answer.indexOf('\r\n\r\n') - 4
      const client = await open()
      client.send(shake('/accepted'))
      // By then its application has ended, and was told of.
      await client.until('\x88\x02')
      assert.ok(own > 0)
      assert.deepEqual(served, [
        ['/denied', 401, 6],
        ['/closed', 403, own],
        ['/accepted', 101, 0],
      ])
      assert.equal(server.metrics?.counts.bytesSent, 6 + own)
    })
  })

  it('tells of content that turns out to be too long when the application has been called', async () => {
    const called = gate<void>()
    const app: ASGIApplication = (scope, receive, send) => {
      called.pass()
      return reading(scope, receive, send)
    }
    const told = await toldOf(app, { limitBody: 4 }, async ({ connect: open }) => {
      const client = await open()
      client.send(CHUNKED)
      await called.passed
      client.send('5\r\nhello\r\n')
      assert.match(await client.untilEnd(), /^HTTP\/1\.1 413/)
    })
    assert.deepEqual(told, ['POST /chunked 413'])
  })

  it('tells of requests beyond the limit of concurrency, over HTTP/2 too, and metrics count them', async () => {
    const called = gate<void>()
    const proceed = gate<void>()
    const app: ASGIApplication = async (scope, receive, send) => {
      called.pass()
      await proceed.passed
      await reading(scope, receive, send)
    }
    const options = { limitConcurrency: 1, metricsPort: 0 }
    await toldOf(app, options, async ({ server, exchange }, told) => {
      const first = exchange(`GET /first ${HOST}Connection: close\r\n\r\n`)
      await called.passed
      assert.match(await exchange(`GET /second ${HOST}\r\n`), /^HTTP\/1\.1 503/)
      const session = connect(server.url)
      const stream = session.request({ ':path': '/third' })
      stream.resume()
      await once(stream, 'close')
      session.destroy()
      assert.deepEqual(told, ['GET /second 503', 'GET /third 503'])
      assert.equal(server.metrics?.counts.inProgress, 1)
      proceed.pass()
      await first
      assert.deepEqual(server.metrics?.counts.finished, { 'http 503': 2, 'http 200': 1 })
    })
  })

  it('tells of content over HTTP/2 that turns out to be too long', async () => {
    const told = await toldOf(reading, { limitBody: 4 }, async ({ server }) => {
      const session = connect(server.url)
      const stream = session.request({ ':path': '/long', ':method': 'POST' })
      stream.on('error', () => {})
      stream.resume()
      stream.end('hello')
      await once(stream, 'close')
      session.destroy()
    })
    assert.deepEqual(told, ['POST /long 413'])
  })

  it('tells of requests over HTTP/2 that have too many fields, too large ones, or too long a target', async () => {
    const options = { limitHeaderCount: 10, limitRequestLine: 40 }
    // With the method before it and the version behind it, a line of 40 octets and one of 41.
    const longest = `/${'a'.repeat(27)}`
    const beyond = `${longest}a`
    const told = await toldOf(reading, options, async ({ server }) => {
      const requests: Readonly<Record<string, OutgoingHttpHeaders>> = {
        '/ten': fieldsOf(10, 1),
        '/eleven': fieldsOf(11, 1),
        '/large': fieldsOf(2, 40_000),
        [longest]: {},
        [beyond]: {},
      }
      for (const [path, fields] of Object.entries(requests)) {
        const session = connect(server.url, { maxSendHeaderBlockLength: 2 ** 20 })
        const stream = session.request({ ':path': path, ':method': 'POST', ...fields })
        stream.on('error', () => {})
        stream.resume()
        if (path === '/ten' || path === longest) stream.end()
        await once(stream, 'close')
        session.destroy()
      }
    })
    assert.deepEqual(told, [
      'POST /ten 200',
      'POST /eleven 431',
      'POST /large 431',
      `POST ${longest} 200`,
      `POST ${beyond} 414`,
    ])
  })
})

function fieldsOf(count: number, length: number): OutgoingHttpHeaders {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`x-${index}`, 'a'.repeat(length)]),
  )
}
