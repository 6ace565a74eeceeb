import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { describe, it } from 'mocha'
import type { ASGIApplication } from '../asgi/application.ts'
import type { ReceiveEvent } from '../asgi/messages.ts'
import type { HttpScope } from '../asgi/scope.ts'
import type { RunningServer, ServeOptions } from '../server/serve.ts'
import type { RawClient } from '../testing/raw-client.ts'
import { gate, portOf, withServer } from '../testing/with-server.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const CHUNKED = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
const GET_CLOSE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

const hello: ASGIApplication = async (_scope, _receive, send) => {
  await send({
    type: 'http.response.start',
    status: 200,
    headers: [[bytes('content-length'), bytes('5')]],
  })
  await send({ type: 'http.response.body', body: bytes('hello') })
}

/** The buffer of its connection is full before the answer. */
const late: ASGIApplication = async (scope, receive, send) => {
  await setTimeout(50)
  await hello(scope, receive, send)
}

/** More than the kernel takes of it for a client that does not read. */
const LARGE = 12 * 1024 * 1024

/** Without a length, so that HTTP/1.0 sees the end of the content by the end of the connection. */
const lavish: ASGIApplication = async (_scope, _receive, send) => {
  await send({ type: 'http.response.start', status: 200 })
  await send({ type: 'http.response.body', body: Buffer.alloc(LARGE, 'x') })
}

const echo: ASGIApplication = async (_scope, receive, send) => {
  await send({ type: 'http.response.start', status: 200 })
  while (true) {
    const event = await receive()
    if (event.type !== 'http.request') return
    await send({ type: 'http.response.body', body: event.body, more_body: event.more_body })
    if (!event.more_body) return
  }
}

/** Answers `/204` with 204, and with a body that may not be there. */
const statusOfPath: ASGIApplication = async (scope, _receive, send) => {
  const status = scope.type === 'http' ? Number(scope.path.slice(1)) : 0
  await send({
    type: 'http.response.start',
    status,
    headers: [[bytes('content-length'), bytes('5')]],
  })
  await send({ type: 'http.response.body', body: bytes('hello') })
}

const raising: ASGIApplication = async () => {
  throw new Error('planted')
}
const silent: ASGIApplication = async () => {}

const unfinished: ASGIApplication = async (_scope, _receive, send) => {
  await send({ type: 'http.response.start', status: 200 })
  await send({ type: 'http.response.body', body: bytes('begun'), more_body: true })
}

/** How a client that reads nothing for three seconds gets the answer, in characters `x` and as a whole. */
async function readLate(
  options: ServeOptions,
  request: string,
  meanwhile: (client: RawClient, server: RunningServer) => void = () => {},
): Promise<{ readonly content: number; readonly text: string }> {
  let text = ''
  await withServer(lavish, options, async ({ server, connect }) => {
    const client = await connect()
    client.socket.pause()
    client.send(request)
    await setTimeout(200)
    meanwhile(client, server)
    await setTimeout(2_800)
    client.socket.resume()
    text = await client.untilEnd()
  })
  return { content: text.split('x').length - 1, text }
}

describe('an HTTP/1.1 connection', () => {
  it('shows the application the request as www.rst describes it', async () => {
    const scopes: HttpScope[] = []
    const app: ASGIApplication = async (scope, receive, send) => {
      if (scope.type === 'http') scopes.push(scope)
      await hello(scope, receive, send)
    }
    await withServer(app, { rootPath: '/api' }, async ({ server, exchange }) => {
      await exchange(
        'get http://b:1/a%20%C3%A9%ff?x=%20 HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a:  2 \r\nConnection: close\r\n\r\n',
      )
      const [scope] = scopes
      assert.ok(scope !== undefined)
      const { raw_path, query_string, headers, client, ...rest } = scope
      assert.deepEqual(rest, {
        type: 'http',
        asgi: { version: '3.0', spec_version: '2.5' },
        http_version: '1.1',
        method: 'GET',
        scheme: 'http',
        path: '/api/a \u00e9\ufffd',
        root_path: '/api',
        server: ['127.0.0.1', portOf(server)],
        state: {},
        extensions: {
          'http.response.early_hint': {},
          'http.response.pathsend': {},
          'http.response.zerocopysend': {},
        },
      })
      assert.equal(Buffer.from(raw_path).toString(), '/a%20%C3%A9%ff')
      assert.equal(Buffer.from(query_string).toString(), 'x=%20')
      assert.deepEqual(
        headers.map((pair) => pair.map((part) => Buffer.from(part).toString())),
        [
          ['host', 'b:1'],
          ['x-a', '1'],
          ['x-a', '2'],
          ['connection', 'close'],
        ],
      )
      assert.equal(client?.[0], '127.0.0.1')
    })
  })

  it('shows the path below its root, whether or not a proxy has taken the root off the target', async () => {
    const paths: string[] = []
    const app: ASGIApplication = async (scope, receive, send) => {
      if (scope.type === 'http') paths.push(scope.path)
      await hello(scope, receive, send)
    }
    await withServer(app, { rootPath: '/api' }, async ({ exchange }) => {
      const targets = ['/', '/a', '/api', '/api/a', '/apis']
      const lines = targets.map((target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)
      await exchange(`${lines.join('')}GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      assert.deepEqual(paths, ['/api/', '/api/a', '/api', '/api/a', '/api/apis', '/api/last'])
    })
  })

  it('answers pipelined requests in order, and then the refusal of a bad one', async () => {
    await withServer(hello, {}, async ({ exchange }) => {
      const answer = await exchange(`${GET}${GET}BAD\r\n\r\n`)
      assert.deepEqual(answer.match(/HTTP\/1\.1 \d+/g), [
        'HTTP/1.1 200',
        'HTTP/1.1 200',
        'HTTP/1.1 400',
      ])
    })
  })

  it('takes a line with nothing of HTTP/1 for a broken preface of HTTP/2, but no later message', async () => {
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
    const broken = 'INVALID CONNECTION PREFACE\r\n\r\n'
    await withServer(hello, {}, async ({ exchange }) => {
      assert.doesNotMatch(await exchange(broken), /HTTP\/1/)
      for (const line of ['GET / PREFACE', 'GET here http', 'GET here']) {
        assert.match(await exchange(`${line}\r\n\r\n`), /^HTTP\/1\.1 400 /, line)
      }
      assert.match(await exchange(GET + broken), /hello.*HTTP\/1\.1 400 /s)
      assert.match(await exchange(GET + preface), /hello.*HTTP\/1\.1 505 /s)
    })
    await withServer(hello, { http2: false }, async ({ exchange }) => {
      assert.match(await exchange(broken), /^HTTP\/1\.1 400 /)
      assert.match(await exchange(preface), /^HTTP\/1\.1 505 /)
    })
  })

  it('sends a chunked response when the length is not given, and closes for HTTP/1.0', async () => {
    await withServer(echo, {}, async ({ exchange }) => {
      const request =
        'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc'
      assert.match(
        await exchange(request),
        /transfer-encoding: chunked\r\n.*\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/s,
      )
      const old = await exchange('POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc')
      assert.match(old, /\r\nconnection: close\r\n\r\nabc$/)
      assert.doesNotMatch(old, /transfer-encoding/)
    })
  })

  it('names the option upgrade where the application names other protocols', async () => {
    for (const [connection, options] of [
      [[], ['upgrade']],
      [['keep-alive'], ['keep-alive', 'upgrade']],
      [['Upgrade'], ['Upgrade']],
    ] as const) {
      const app: ASGIApplication = async (_scope, _receive, send) => {
        const fields = ['upgrade', ...connection.map(() => 'connection')]
        const values = ['websocket', ...connection]
        const headers = fields.map(
          (name, index) => [bytes(name), bytes(values[index] ?? '')] as const,
        )
        await send({ type: 'http.response.start', status: 426, headers })
        await send({ type: 'http.response.body' })
      }
      await withServer(app, {}, async ({ connect }) => {
        const client = await connect()
        client.send(GET)
        const answer = await client.until('0\r\n\r\n')
        const told = [...answer.matchAll(/\r\nconnection: (.*)/g)].map(([, value]) => value)
        assert.deepEqual(told, options)
      })
    }
  })

  it('keeps an HTTP/1.0 connection that asks for it, and says so', async () => {
    await withServer(hello, {}, async ({ exchange }) => {
      const answer = await exchange(
        'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n',
      )
      assert.equal(answer.match(/HTTP\/1\.1 200/g)?.length, 2)
      assert.match(answer, /connection: keep-alive/)
    })
  })

  it('sends no body to HEAD, 204 and 304, and no length with 204', async () => {
    await withServer(statusOfPath, {}, async ({ exchange }) => {
      const ask = (method: string, status: number): Promise<string> =>
        exchange(`${method} /${status} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      assert.match(await ask('HEAD', 200), /content-length: 5\r\n.*\r\n\r\n$/s)
      assert.match(await ask('GET', 304), /content-length: 5\r\n.*\r\n\r\n$/s)
      const empty = await ask('GET', 204)
      assert.match(empty, /\r\n\r\n$/)
      assert.doesNotMatch(empty, /content-length/)
    })
  })

  it('sends no body with a refusal of HEAD, however little of the request has arrived', async () => {
    const options = { limitBody: 4, timeoutHeader: 0.3, limitRequestLine: 100 }
    const many = 'A: 1\r\n'.repeat(101)
    const refused = {
      400: ' / HTTP/1.1\r\n\r\n',
      408: ' / HTTP/1.1\r\nHost: a\r\n',
      413: ' / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n',
      414: ` /${'a'.repeat(200)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      431: ` / HTTP/1.1\r\nHost: a\r\n${many}\r\n`,
    }
    await withServer(hello, options, async ({ exchange }) => {
      for (const [status, rest] of Object.entries(refused)) {
        const [head, get] = await Promise.all([exchange(`HEAD${rest}`), exchange(`GET${rest}`)])
        assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\n\r\n$`))
        assert.match(get, new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\n\r\n[^]+$`))
      }
    })
  })

  it('asks for the body with 100 Continue when the application wants it, and only then', async () => {
    await withServer(echo, {}, async ({ connect }) => {
      const client = await connect()
      client.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n')
      assert.equal(await client.until('\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n')
      client.send('abc')
      await client.until('0\r\n\r\n')
    })
    await withServer(hello, {}, async ({ exchange }) => {
      const answer = await exchange(
        'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n',
      )
      assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
      assert.match(answer, /connection: close/)
    })
  })

  it('finds 100-continue in a list of expectations', async () => {
    await withServer(echo, {}, async ({ connect }) => {
      for (const value of [
        '100-continue, 100-Continue',
        '100-continue,',
        ', 100-continue',
        'a,100-continue',
      ]) {
        const client = await connect()
        client.send(`POST / HTTP/1.1\r\nHost: a\r\nExpect: ${value}\r\nContent-Length: 3\r\n\r\n`)
        assert.equal(await client.until('\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n')
      }
    })
  })

  it('reads over a body that the application did not want', async () => {
    await withServer(hello, {}, async ({ exchange }) => {
      const answer = await exchange(
        `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc${GET_CLOSE}`,
      )
      assert.equal(answer.match(/HTTP\/1\.1 200/g)?.length, 2)
    })
  })

  it('reads over a body that filled the buffer, however slowly its rest comes', async () => {
    await withServer(late, {}, async ({ connect }) => {
      const client = await connect()
      const part = 'x'.repeat(100_000)
      client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${4 * part.length}\r\n\r\n${part}`)
      await client.until('hello')
      for (let left = 3; left > 0; left -= 1) {
        client.send(part)
        await setTimeout(20)
      }
      client.send(GET_CLOSE)
      assert.equal((await client.untilEnd()).match(/HTTP\/1\.1 200/g)?.length, 2)
    })
  })

  it('waits for all of a head or a trailer section that is larger than its buffer', async () => {
    const large = 'x'.repeat(100_000)
    const heads = ['GET / HTTP/1.1\r\nHost: a\r\n', `${CHUNKED}5\r\nhello\r\n0\r\n`]
    await withServer(echo, { limitHeaderBytes: 300_000 }, async ({ connect }) => {
      for (const head of heads) {
        const client = await connect()
        client.send(`${head}X-Large: ${large}`)
        await setTimeout(50)
        client.send(`${large}\r\n\r\n`)
        assert.match(await client.until('0\r\n\r\n'), /^HTTP\/1\.1 200 OK\r\n/)
      }
    })
  })

  it('answers 500 for an application that raises or returns before its response', async () => {
    for (const app of [raising, silent]) {
      await withServer(app, {}, async ({ exchange, log }) => {
        assert.match(await exchange(GET), /^HTTP\/1\.1 500 .*connection: close\r\n/s)
        assert.equal(log.length, 1)
      })
    }
  })

  it('lets the client see that a response was cut short', async () => {
    await withServer(unfinished, {}, async ({ exchange }) => {
      const answer = await exchange(GET)
      assert.match(answer, /5\r\nbegun\r\n$/)
    })
  })

  it('sends all of its last response to a client that reads late, however it comes to its end', async () => {
    const answers = await Promise.all([
      readLate({}, GET_CLOSE),
      readLate({}, 'GET / HTTP/1.0\r\n\r\n'),
      readLate({ timeoutKeepAlive: 0.3 }, GET),
      readLate({}, GET, (_client, server) => void server.close()),
    ])
    assert.deepEqual(
      answers.map(({ content }) => content),
      answers.map(() => LARGE),
    )
  })

  it('does not count the time of a request that waits until responses have left', async () => {
    const options = { timeoutHeader: 0.5 }
    const { content, text } = await readLate(options, GET, (client) => client.send(GET_CLOSE))
    assert.equal(content, 2 * LARGE)
    assert.doesNotMatch(text, /HTTP\/1\.1 408/)
  })

  it('gives up on a client that takes nothing of a response, which then does not look complete', async () => {
    await withServer(lavish, { timeoutStall: 0.5 }, async ({ server, connect }) => {
      const client = await connect()
      client.socket.pause()
      client.send('GET / HTTP/1.0\r\n\r\n')
      await server.close()
      // Behind bytes that wait to be read, Node.js takes a reset for an end; whoever writes is told.
      const failure = await new Promise((resolve) => client.socket.write('x', resolve))
      assert.ok(failure instanceof Error)
    })
  })

  it('cuts a response over a unix socket short and goes on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'assay-'))
    const uds = join(folder, 'socket')
    try {
      await withServer(unfinished, { uds }, async () => {
        for (let i = 0; i < 2; i += 1) {
          const socket = createConnection(uds).resume()
          socket.write('GET / HTTP/1.0\r\n\r\n')
          await once(socket, 'close')
        }
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('tells receive() of the disconnect, and raises from send()', async () => {
    const events = gate<ReceiveEvent>()
    const raised = gate<unknown>()
    const begun = gate<void>()
    const app: ASGIApplication = async (_scope, receive, send) => {
      await receive()
      begun.pass()
      events.pass(await receive())
      await send({ type: 'http.response.start', status: 200 }).catch(raised.pass)
    }
    await withServer(app, {}, async ({ connect, log }) => {
      const client = await connect()
      client.send(GET)
      await begun.passed
      client.socket.resetAndDestroy()
      assert.deepEqual(await events.passed, { type: 'http.disconnect' })
      const error = await raised.passed
      assert.ok(error instanceof Error)
      assert.equal(error.name, 'ClientDisconnected')
      assert.deepEqual(log, [])
    })
  })

  it('tells receive() of the disconnect behind a body that filled the buffer', async () => {
    const told = gate<ReceiveEvent>()
    const received = gate<void>()
    const app: ASGIApplication = async (_scope, receive) => {
      // All of it arrives before any of it is received.
      await setTimeout(50)
      for (let more = true; more; ) {
        const event = await receive()
        more = event.type === 'http.request' && event.more_body
      }
      received.pass()
      told.pass(await receive())
    }
    await withServer(app, {}, async ({ connect }) => {
      const client = await connect()
      const length = 100_000
      client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`)
      client.send('x'.repeat(length))
      await received.passed
      client.socket.resetAndDestroy()
      assert.deepEqual(await told.passed, { type: 'http.disconnect' })
    })
  })

  for (const [what, leave] of [
    ['ended', (client: RawClient) => void client.socket.destroy()],
    ['reset', (client: RawClient) => void client.socket.resetAndDestroy()],
  ] as const) {
    it(`tells receive() of a connection ${what} behind requests that filled the buffer`, async () => {
      const begun = gate<void>()
      const asked = gate<void>()
      const told = gate<ReceiveEvent>()
      const app: ASGIApplication = async (_scope, receive) => {
        await receive()
        begun.pass()
        // The requests arrive before the application asks, or while it waits.
        if (what === 'reset') await setTimeout(50)
        const waiting = receive()
        asked.pass()
        told.pass(await waiting)
      }
      await withServer(app, {}, async ({ connect }) => {
        const client = await connect()
        client.send(GET)
        await begun.passed
        await new Promise<void>((resolve) => {
          client.socket.write(GET.repeat(10_000), () => resolve())
        })
        await asked.passed
        leave(client)
        assert.deepEqual(await told.passed, { type: 'http.disconnect' })
      })
    })
  }

  it('reads no more of a pipeline with each of its answers', async () => {
    const piece = GET.repeat(2500)
    const enough = gate<void>()
    const end = gate<void>()
    let served = 0
    const app: ASGIApplication = async (scope, receive, send) => {
      served += 1
      if (served === 1000) enough.pass()
      await (served < 1000 ? setImmediate() : end.passed)
      await hello(scope, receive, send)
    }
    await withServer(app, {}, async ({ connect }) => {
      const { socket } = await connect()
      let poured = 0
      const pour = (): void => {
        do poured += piece.length
        while (socket.write(piece))
      }
      socket.on('drain', pour)
      pour()
      await enough.passed
      socket.off('drain', pour)
      end.pass()
      // Beyond what the kernel takes, much less than a piece for each answer.
      assert.ok(poured < 24 * 1024 * 1024, `${poured} bytes`)
    })
  })

  it('serves a client that has ended its side', async () => {
    const proceed = gate<void>()
    const app: ASGIApplication = async (scope, receive, send) => {
      await proceed.passed
      await hello(scope, receive, send)
    }
    await withServer(app, {}, async ({ connect }) => {
      const client = await connect()
      client.send(GET)
      client.socket.end()
      proceed.pass()
      assert.match(await client.untilEnd(), /\r\n\r\nhello$/)
    })
  })

  it('tells of that in a request that had arrived before and is begun after it', async () => {
    const proceed = gate<void>()
    const told = gate<ReceiveEvent>()
    const app: ASGIApplication = async (scope, receive, send) => {
      if (scope.type !== 'http') return
      await receive()
      if (scope.path === '/2') told.pass(await receive())
      else await proceed.passed
      await hello(scope, receive, send).catch(() => undefined)
    }
    await withServer(app, {}, async ({ connect }) => {
      const client = await connect()
      client.send('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n')
      client.socket.end()
      // The end has been read when the second request is begun.
      await setTimeout(50)
      proceed.pass()
      assert.deepEqual(await told.passed, { type: 'http.disconnect' })
    })
  })
})
