import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, it } from 'mocha'
import { gate, portOf, withServer } from '../testing/with-server.ts'
import { type FetchHandler, fromFetch } from './from-fetch.ts'

const describeRequest: FetchHandler = async (request) =>
  Response.json({
    method: request.method,
    url: request.url,
    custom: request.headers.get('x-a'),
    body: await request.text(),
  })

const cookies: FetchHandler = () => {
  const headers = new Headers()
  headers.append('set-cookie', 'a=1')
  headers.append('set-cookie', 'b=2')
  return new Response(null, { status: 204, headers })
}

/** `examples` imports this server, so it is found at run time. */
const HONO = resolve(import.meta.dirname, '../../examples/hono.js')

describe('the example with Hono', () => {
  it('serves its routes', async () => {
    const { app } = await import(pathToFileURL(HONO).href)
    await withServer(app, {}, async ({ server }) => {
      const say = async (path: string, init: RequestInit = {}): Promise<string> =>
        (await fetch(`${server.url}${path}`, init)).text()
      assert.equal(await say('/'), 'Hello from Hono!')
      assert.equal(await say('/greet/you'), '{"hello":"you"}')
      assert.equal(await say('/echo', { method: 'POST', body: 'abc' }), 'abc')
      assert.equal(await say('/nowhere'), '404 Not Found')
    })
  })
})

describe('a fetch handler', () => {
  it('gets the request as it was sent', async () => {
    await withServer(fromFetch(describeRequest), {}, async ({ server }) => {
      const url = `${server.url}/a%20b?c=%20`
      const options = { method: 'POST', headers: { 'x-a': 'b' }, body: 'hello' }
      const response = await fetch(url, options)
      assert.equal(response.headers.get('content-type'), 'application/json')
      assert.deepEqual(await response.json(), { method: 'POST', url, custom: 'b', body: 'hello' })
    })
  })

  it('keeps cookies apart and sends no body with 204', async () => {
    await withServer(fromFetch(cookies), {}, async ({ server }) => {
      const response = await fetch(server.url)
      assert.equal(response.status, 204)
      assert.deepEqual(response.headers.getSetCookie(), ['a=1', 'b=2'])
    })
  })

  for (const head of ['GET / HTTP/1.1\r\n', 'POST / HTTP/1.1\r\nContent-Length: 2\r\n']) {
    const method = head.split(' ')[0]
    it(`has the signal of a ${method} aborted when the client leaves before its response`, async () => {
      const asked = gate<void>()
      const aborted = gate<void>()
      const waiting: FetchHandler = async ({ signal }) => {
        signal.addEventListener('abort', () => aborted.pass())
        asked.pass()
        await aborted.passed
        return new Response()
      }
      await withServer(fromFetch(waiting), {}, async ({ connect }) => {
        const client = await connect()
        client.send(`${head}Host: a\r\n\r\n${method === 'POST' ? 'ok' : ''}`)
        await asked.passed
        client.socket.destroy()
        await aborted.passed
      })
    })
  }

  it('answers a client that has ended its side where it does not look at the signal', async () => {
    await withServer(fromFetch(cookies), {}, async ({ connect }) => {
      const client = await connect()
      client.socket.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      assert.match(await client.untilEnd(), /^HTTP\/1\.1 204/)
    })
  })

  it('is not called for a method that no Request can have', async () => {
    await withServer(fromFetch(describeRequest), {}, async ({ exchange }) => {
      const answer = await exchange('TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
      assert.match(answer, /^HTTP\/1\.1 501/)
    })
  })

  it('streams its response, and is told when the client leaves', async () => {
    const cancelled = gate<void>()
    const endless: FetchHandler = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
          cancel: () => cancelled.pass(),
        }),
      )
    await withServer(fromFetch(endless), {}, async ({ server, connect }) => {
      assert.ok(portOf(server) > 0)
      const client = await connect()
      client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await client.until('\r\n\r\n10000\r\n')
      client.socket.resetAndDestroy()
      await cancelled.passed
    })
  })
})
