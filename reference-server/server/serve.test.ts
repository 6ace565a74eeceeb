import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { setTimeout } from 'node:timers/promises'
import { describe, it } from 'mocha'
import { UsageError } from '../../evidence/errors.ts'
import type { ASGIApplication } from '../asgi/application.ts'
import type { HttpScope } from '../asgi/scope.ts'
import { gate, portOf, withServer } from '../testing/with-server.ts'
import type { ServerLog } from './log.ts'
import type { Served } from './observers.ts'
import { type ServeOptions, serve } from './serve.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const request = (fields = ''): string =>
  `GET /a?b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`

const hello: ASGIApplication = async (_scope, _receive, send) => {
  await send({ type: 'http.response.start', status: 200, headers: [[bytes('x-a'), bytes('own')]] })
  await send({ type: 'http.response.body', body: bytes('hello') })
}

const endless: ASGIApplication = async () => await new Promise(() => {})

const post = (fields: string, body: string): string =>
  `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`

function isServed(value: unknown): value is Served {
  return typeof value === 'object' && value !== null && 'milliseconds' in value
}

/** What the server tells of the next request that ends. */
async function withNextServed(action: (next: Promise<Served>) => Promise<void>): Promise<void> {
  const ended = gate<Served>()
  const end = channel('assay.server.request.end')
  const listener = (served: unknown): void => {
    if (isServed(served)) ended.pass(served)
  }
  end.subscribe(listener)
  try {
    await action(ended.passed)
  } finally {
    end.unsubscribe(listener)
  }
}

/** Sends without end, and counts what was accepted until the client is gone. */
const flood =
  (accepted: (bytes: number) => void): ASGIApplication =>
  async (_scope, _receive, send) => {
    let total = 0
    await send({ type: 'http.response.start', status: 200 })
    try {
      while (true) {
        await send({ type: 'http.response.body', body: Buffer.alloc(65_536), more_body: true })
        total += 65_536
      }
    } finally {
      accepted(total)
    }
  }

/** The scope of one request with these fields. */
async function scopeOf(
  fields: string,
  options: Parameters<typeof withServer>[1],
): Promise<HttpScope> {
  const seen = gate<HttpScope>()
  const app: ASGIApplication = async (scope, receive, send) => {
    if (scope.type === 'http') seen.pass(scope)
    await hello(scope, receive, send)
  }
  await withServer(app, options, async ({ exchange }) => {
    await exchange(request(fields))
  })
  return seen.passed
}

const failing: ASGIApplication = async () => {
  throw new Error('planted')
}

/** Receives once, answers for two seconds, and receives again. */
const answeringSlowly: ASGIApplication = async (_scope, receive, send) => {
  await receive()
  await send({ type: 'http.response.start', status: 200 })
  for (let pieces = 0; pieces < 20; pieces += 1) {
    await send({ type: 'http.response.body', body: bytes('x'), more_body: true })
    await setTimeout(100)
  }
  const event = await receive()
  const body = event.type === 'http.request' ? event.body : bytes(event.type)
  await send({ type: 'http.response.body', body })
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

/** Of 8 KiB each: several times what the kernel takes of them. */
const MOST_HINTS = 4_000

/** Sends early hints, and counts those that were accepted until the client is gone. */
const hinting =
  (accepted: (hints: number) => void): ASGIApplication =>
  async (_scope, _receive, send) => {
    const links = [Buffer.alloc(8_192, 'a')]
    let count = 0
    try {
      for (; count < MOST_HINTS; count += 1) {
        await send({ type: 'http.response.early_hint', links })
      }
    } finally {
      accepted(count)
    }
  }

describe('a server', () => {
  it('adds the configured headers where the application did not send them', async () => {
    const options = {
      header: ['X-A: default', 'x-b: default'],
      serverHeader: false,
      dateHeader: false,
    }
    await withServer(hello, options, async ({ exchange }) => {
      const answer = await exchange(request())
      assert.match(answer, /x-a: own\r\n/)
      assert.match(answer, /x-b: default\r\n/)
      assert.doesNotMatch(answer, /x-a: default|server:|date:/)
    })
  })

  it('puts a configured Server or Date in the place of its own', async () => {
    const options = { header: ['Server: other', 'date: never'] }
    await withServer(failing, options, async ({ exchange }) => {
      const answer = await exchange(request())
      assert.deepEqual(answer.match(/^(server|date): .*$/gm), ['server: other', 'date: never'])
    })
  })

  it('keeps the fields of its own answers where such are configured', async () => {
    const options = { header: ['content-type:text/html', 'retry-after:5'], limitConcurrency: 1 }
    const entered = gate<void>()
    const waiting: ASGIApplication = async (_scope, receive) => {
      entered.pass()
      while ((await receive()).type !== 'http.disconnect') {
        // until the test is over
      }
    }
    await withServer(waiting, options, async ({ connect, exchange }) => {
      const broken = await exchange('GET / HTTP/1.1\r\n\r\n')
      assert.match(broken, /^HTTP\/1\.1 400/)
      assert.deepEqual(broken.match(/^(content-type|retry-after): .*$/gm), [
        'content-type: text/plain; charset=utf-8',
        'retry-after: 5',
      ])
      const holder = await connect()
      holder.send(request())
      await entered.passed
      const busy = await exchange(request())
      assert.deepEqual(busy.match(/^retry-after: .*$/gm), ['retry-after: 1'])
    })
  })

  it('believes proxy headers of trusted proxies only', async () => {
    const fields = 'X-Forwarded-For: 6.6.6.6, 1.2.3.4, 127.0.0.1\r\nX-Forwarded-Proto: https\r\n'
    const trusted = await scopeOf(fields, { proxyHeaders: true })
    assert.deepEqual(trusted.client, ['1.2.3.4', 0])
    assert.equal(trusted.scheme, 'https')
    for (const options of [{}, { proxyHeaders: true, trustedProxies: ['10.0.0.0/8'] }]) {
      const untrusted = await scopeOf(fields, options)
      assert.equal(untrusted.client?.[0], '127.0.0.1')
      assert.equal(untrusted.scheme, 'http')
    }
  })

  it('refuses trusted proxies that are neither addresses nor networks', async () => {
    for (const entry of [
      '10.0.0.0/',
      '10.0.0.0/8/9',
      '10.0.0.0/33',
      '10.0.0.0/-1',
      'fd00::/129',
      'a',
    ]) {
      const serving = scopeOf('', { proxyHeaders: true, trustedProxies: [entry] })
      await assert.rejects(serving, { code: 'serve/trusted-proxies', input: entry })
    }
  })

  it('takes the port that a proxy tells for the port of the client, and no part of its host', async () => {
    const clients = {
      '1.2.3.4:4711': ['1.2.3.4', 4711],
      '[2001:db8::1]:4711': ['2001:db8::1', 4711],
      '[2001:db8::1]': ['2001:db8::1', 0],
      '2001:db8::1': ['2001:db8::1', 0],
    }
    for (const [told, client] of Object.entries(clients)) {
      const { client: seen } = await scopeOf(`X-Forwarded-For: ${told}\r\n`, { proxyHeaders: true })
      assert.deepEqual(seen, client)
    }
  })

  it('takes the nearest address that a proxy tells where what it tells behind that is none', async () => {
    for (const told of ['unknown', 'unknown:4711', '_hidden', 'a" "b', '1.2.3.4:65536', '1.2.3']) {
      const alone = await scopeOf(`X-Forwarded-For: ${told}\r\n`, { proxyHeaders: true })
      assert.equal(alone.client?.[0], '127.0.0.1')
      assert.notEqual(alone.client[1], 0)
      const options = { proxyHeaders: true, trustedProxies: ['127.0.0.1', '10.0.0.0/8'] }
      const behind = await scopeOf(`X-Forwarded-For: 1.2.3.4, ${told}, 10.0.0.1\r\n`, options)
      assert.deepEqual(behind.client, ['10.0.0.1', 0])
    }
  })

  it('answers 503 beyond its concurrency, and serves again afterwards', async () => {
    const proceed = gate<void>()
    const entered = gate<void>()
    const app: ASGIApplication = async (scope, receive, send) => {
      entered.pass()
      await proceed.passed
      await hello(scope, receive, send)
    }
    await withServer(app, { limitConcurrency: 1 }, async ({ exchange }) => {
      const first = exchange(request())
      await entered.passed
      assert.match(await exchange(request()), /^HTTP\/1\.1 503 [^]*retry-after/)
      proceed.pass()
      assert.match(await first, /^HTTP\/1\.1 200/)
      assert.match(await exchange(request()), /^HTTP\/1\.1 200/)
    })
  })

  it('refuses a body beyond its limit, declared or chunked', async () => {
    await withServer(hello, { limitBody: 4 }, async ({ exchange }) => {
      assert.match(await exchange(post('Content-Length: 5', 'hello')), /^HTTP\/1\.1 413/)
      const chunked = post('Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n')
      assert.match(await exchange(chunked), /^HTTP\/1\.1 413/)
    })
  })

  it('waits for nothing once it is aborted, not even for what it accepts after that', async () => {
    await withServer(endless, { timeoutShutdown: 60 }, async ({ server, connect }) => {
      const closed = server.close()
      server.abort()
      const client = await connect().catch(() => null)
      client?.send(request())
      await closed
    })
  })

  it('lets an application clean up behind its response before it shuts down, and no longer than the time for that', async () => {
    for (const [timeoutShutdown, expected] of [
      [10, ['cleaned up', 'shut down']],
      [0.1, ['shut down']],
    ] as const) {
      const told: string[] = []
      const goOn = gate<void>()
      const application: ASGIApplication = async (scope, receive, send) => {
        if (scope.type === 'lifespan') {
          await receive()
          await send({ type: 'lifespan.startup.complete' })
          await receive()
          told.push('shut down')
          await send({ type: 'lifespan.shutdown.complete' })
          return
        }
        await hello(scope, receive, send)
        await goOn.passed
        told.push('cleaned up')
      }
      const server = await serve(application, { port: 0, timeoutShutdown })
      await fetch(server.url, { headers: { connection: 'close' } })
      const closed = server.close()
      // By then a server that waits for connections alone has told the application to shut down.
      await setTimeout(500)
      if (timeoutShutdown > 1) goOn.pass()
      await closed
      assert.deepEqual(told, expected)
    }
  })

  it('publishes the start and the end of requests', async () => {
    await withNextServed(async (next) => {
      await withServer(hello, {}, async ({ exchange }) => {
        await exchange(request())
        const { milliseconds, client, ...rest } = await next
        assert.ok(milliseconds >= 0)
        assert.match(client, /^127\.0\.0\.1:\d+$/)
        const expected: Omit<Served, 'milliseconds' | 'client'> = {
          kind: 'http',
          method: 'GET',
          path: '/a?b',
          version: '1.1',
          status: 200,
          bytesSent: 5,
        }
        assert.deepEqual(rest, expected)
      })
    })
  })

  it('tells of the 500 that it answers in place of an application', async () => {
    await withNextServed(async (next) => {
      await withServer(failing, { logLevel: 'silent' }, async ({ exchange }) => {
        assert.match(await exchange(request()), /^HTTP\/1\.1 500/)
        assert.equal((await next).status, 500)
      })
    })
  })
})

/** Notes the events of its lifespan, and answers the shutdown with a failure. */
function failingShutdown(heard: string[]): ASGIApplication {
  return async (_scope, receive, send) => {
    heard.push((await receive()).type)
    await send({ type: 'lifespan.startup.complete' })
    heard.push((await receive()).type)
    await send({ type: 'lifespan.shutdown.failed', message: 'planted failure' })
  }
}

function logInto(messages: string[]): ServerLog {
  const keep = (message: string): void => {
    messages.push(message)
  }
  return { debug: keep, info: keep, warn: keep, error: keep, access: () => {} }
}

describe('a lifespan whose application has raised', () => {
  it('brings no event to what goes on beside it', async () => {
    const told: string[] = []
    const application: ASGIApplication = async (scope, receive, send) => {
      if (scope.type !== 'lifespan') return
      await receive()
      await send({ type: 'lifespan.startup.complete' })
      for (const delayMs of [0, 50])
        void setTimeout(delayMs)
          .then(receive)
          .then(({ type }) => told.push(type))
      await setTimeout(20)
      throw new Error('on purpose')
    }
    await withServer(application, { lifespan: 'auto' }, async ({ server }) => {
      await setTimeout(100)
      await server.close()
      assert.deepEqual(told, [])
    })
  })
})

describe('a server that does not come to serve', () => {
  it('has told the application nothing where its settings are wrong', async () => {
    const heard: string[] = []
    const wrong: readonly ServeOptions[] = [
      { header: ['a b:c'] },
      { header: ['Connection: close'] },
      { header: ['Sec-WebSocket-Protocol: chat'] },
      { proxyHeaders: true, trustedProxies: ['nobody'] },
    ]
    for (const options of wrong) {
      await assert.rejects(serve(failingShutdown(heard), { ...options, port: 0 }), UsageError)
    }
    assert.deepEqual(heard, [])
  })

  it('says so where the folder of its unix socket is missing', async () => {
    const serving = serve(hello, { uds: '/nowhere/at/all.sock', lifespan: 'off' })
    await assert.rejects(serving, /no such folder/)
  })

  it('ends the lifespan where the address is taken, and logs how that failed', async () => {
    const heard: string[] = []
    const logged: string[] = []
    await withServer(hello, {}, async ({ server }) => {
      const options = { port: portOf(server), log: logInto(logged) }
      await assert.rejects(serve(failingShutdown(heard), options), { code: 'serve/listen' })
    })
    assert.deepEqual(heard, ['lifespan.startup', 'lifespan.shutdown'])
    assert.match(logged.join(), /shutdown failed: planted failure/)
  })
})

describe('a server under attack', () => {
  it('gives up on a client that does not finish its head', async () => {
    await withServer(hello, { timeoutHeader: 0.3 }, async ({ connect }) => {
      const client = await connect()
      client.send('GET / HTTP/1.1\r\nHost: a\r\nX: ')
      const trickle = setInterval(() => client.send('y'), 50)
      const answer = await client.untilEnd()
      clearInterval(trickle)
      assert.match(answer, /^HTTP\/1\.1 408/)
    })
  })

  it('ends an idle connection in order', async () => {
    await withServer(hello, { timeoutKeepAlive: 0.3 }, async ({ connect }) => {
      const client = await connect()
      client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      assert.equal((await client.untilEnd()).match(/HTTP\/1\.1/g)?.length, 1)
    })
  })

  it('says close where no connection is kept idle', async () => {
    await withServer(hello, { timeoutKeepAlive: 0 }, async ({ connect }) => {
      const client = await connect()
      client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      assert.match(await client.untilEnd(), /\r\nconnection: close\r\n/i)
    })
  })

  it('takes an idle connection on which an empty line comes for no less idle', async () => {
    const options = { timeoutHeader: 0.3, timeoutKeepAlive: 1.5 }
    await withServer(hello, options, async ({ connect }) => {
      for (const [line, last] of [
        ['\r\n', /0\r\n\r\n$/],
        ['\r\nG', /HTTP\/1\.1 408 [^]*$/],
      ] as const) {
        const client = await connect()
        client.send(GET)
        await client.until('hello')
        client.send(line)
        assert.match(await client.untilEnd(), last)
      }
    })
  })

  it('leaves a client its whole time behind an application that computed for longer', async () => {
    let computed = 0
    const busy: ASGIApplication = async (scope, receive, send) => {
      const until = performance.now() + 300
      while (computed < until) computed = performance.now()
      await hello(scope, receive, send)
    }
    await withServer(busy, { timeoutKeepAlive: 0.2 }, async ({ connect }) => {
      const client = await connect()
      client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await client.untilEnd()
      assert.ok(performance.now() - computed >= 200)
    })
  })

  it('holds bounded memory for a client that does not read, and gives up on it', async () => {
    const total = gate<number>()
    await withServer(flood(total.pass), { timeoutStall: 0.5 }, async ({ connect }) => {
      const client = await connect()
      client.socket.pause()
      client.send(request())
      // What the kernel takes for both ends of a loopback connection, and little more.
      assert.ok((await total.passed) < 32 * 1024 * 1024)
    })
  })

  it('holds bounded memory for early hints that a client does not read, over HTTP/2 too', async () => {
    const preface = Buffer.concat([
      bytes('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      // SETTINGS, then HEADERS of GET http://a/ by index and literal (RFC 7541).
      Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
      Buffer.from([0, 0, 6, 1, 5, 0, 0, 0, 1, 0x82, 0x86, 0x84, 0x01, 1, 0x61]),
    ])
    for (const text of [GET, preface]) {
      const hints = gate<number>()
      await withServer(hinting(hints.pass), { timeoutStall: 0.5 }, async ({ connect }) => {
        const client = await connect()
        client.socket.pause()
        client.send(text)
        assert.ok((await hints.passed) < MOST_HINTS)
      })
    }
  })

  it('does not give up on a body that the application has not asked for, nor on its response', async () => {
    await withServer(answeringSlowly, { timeoutStall: 0.5 }, async ({ connect }) => {
      const client = await connect()
      client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n')
      // The application waits for these.
      await setTimeout(100)
      client.send('first')
      await setTimeout(2_000)
      client.send('later')
      assert.match(await client.until('0\r\n\r\n'), /later\r\n0\r\n\r\n$/)
    })
  })

  it('takes no more than it must of a body that nobody receives, and serves others', async () => {
    const entered = gate<void>()
    const proceed = gate<void>()
    const app: ASGIApplication = async (scope, receive, send) => {
      if (scope.type === 'http' && scope.method === 'POST') {
        entered.pass()
        await proceed.passed
      }
      await hello(scope, receive, send)
    }
    await withServer(app, {}, async ({ connect, exchange }) => {
      const client = await connect()
      const size = 64 * 1024 * 1024
      client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`)
      client.send(Buffer.alloc(size))
      await entered.passed
      for (let i = 0; i < 20; i += 1) assert.match(await exchange(request()), /^HTTP\/1\.1 200/)
      assert.ok(client.socket.writableLength > size / 2)
      proceed.pass()
    })
  })
})
