import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2'
import { describe, it } from 'mocha'
import { Receiver, Sender } from 'ws'
import type { ASGIApplication } from '../asgi/application.ts'
import type { Header } from '../asgi/messages.ts'
import type { HttpScope, Scope } from '../asgi/scope.ts'
import type { ServeOptions } from '../server/serve.ts'
import { CERTIFICATE, withCertificate } from '../testing/certificate.ts'
import { fieldBlock, frameOf, PREFACE } from '../testing/http2-frames.ts'
import { gate, withServer } from '../testing/with-server.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const line = (name: string, value: string): Header => [bytes(name), bytes(value)]

async function withSession(
  application: ASGIApplication,
  options: ServeOptions,
  body: (session: ClientHttp2Session) => Promise<void>,
): Promise<void> {
  await withServer(application, options, async ({ server }) => {
    const session = connect(server.url, { ca: CERTIFICATE, servername: 'localhost' })
    session.on('error', () => {})
    try {
      await body(session)
    } finally {
      session.destroy()
    }
  })
}

interface Answer {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly trailers: IncomingHttpHeaders
}

async function exchange(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body: string | null = null,
): Promise<Answer> {
  const stream = session.request(headers, { endStream: body === null })
  if (body !== null) stream.end(body)
  return answerOf(stream)
}

async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  let trailers: IncomingHttpHeaders = {}
  stream.on('trailers', (fields: IncomingHttpHeaders) => {
    trailers = fields
  })
  const response = once(stream, 'response')
  let text = ''
  stream.on('data', (piece: Buffer) => {
    text += piece.toString('latin1')
  })
  const ended = once(stream, 'close')
  const [headers]: unknown[] = await response
  await ended
  assert.ok(isHeaders(headers))
  return { headers, body: text, trailers }
}

function isHeaders(value: unknown): value is IncomingHttpHeaders {
  return typeof value === 'object' && value !== null
}

const echo: ASGIApplication = async (_scope, receive, send) => {
  await send({ type: 'http.response.start', status: 201, headers: [[bytes('x-a'), bytes('b')]] })
  while (true) {
    const event = await receive()
    if (event.type !== 'http.request') return
    await send({ type: 'http.response.body', body: event.body, more_body: event.more_body })
    if (!event.more_body) return
  }
}

const withTrailers: ASGIApplication = async (_scope, _receive, send) => {
  await send({ type: 'http.response.start', status: 200, trailers: true })
  await send({ type: 'http.response.body', body: bytes('body') })
  await send({ type: 'http.response.trailers', headers: [[bytes('x-sum'), bytes('1')]] })
}

const withHint: ASGIApplication = async (_scope, _receive, send) => {
  await send({ type: 'http.response.start', status: 200 })
  await send({ type: 'http.response.early_hint', links: [bytes('</a.css>; rel=preload')] })
  await send({ type: 'http.response.body', body: bytes('body') })
}

const breaking: ASGIApplication = async (_scope, _receive, send) => {
  await send({ type: 'http.response.start', status: 200 })
  await send({ type: 'http.response.body', body: bytes('part'), more_body: true })
  throw new Error('planted')
}

const breakingPosts: ASGIApplication = async (scope, receive, send) => {
  if (scope.type === 'http' && scope.method === 'GET') return echo(scope, receive, send)
  await breaking(scope, receive, send)
}

const beyond: ASGIApplication = async (_scope, _receive, send) => {
  await send({ type: 'http.response.start', status: 999 })
  await send({ type: 'http.response.body' })
}

const socketEcho: ASGIApplication = async (_scope, receive, send) => {
  await receive()
  await send({ type: 'websocket.accept' })
  const event = await receive()
  if (event.type === 'websocket.receive') {
    await send({ type: 'websocket.send', bytes: event.bytes, text: event.text })
  }
}

const repeating: ASGIApplication = async (_scope, _receive, send) => {
  const names = ['x-a', 'x-b', 'x-a', 'content-encoding', 'content-encoding']
  const headers = names.map((name, index): Header => [bytes(name), bytes(String(index))])
  await send({ type: 'http.response.start', status: 200, headers })
  await send({ type: 'http.response.body', body: bytes('body') })
}

const pushing: ASGIApplication = async (scope, _receive, send) => {
  if (scope.type !== 'http') throw new Error(`no ${scope.type} here`)
  await send({ type: 'http.response.start', status: 200 })
  if (scope.path === '/') await send({ type: 'http.response.push', path: '/b', headers: [] })
  const host = scope.headers.find(([name]) => Buffer.from(name).toString() === 'host')
  await send({ type: 'http.response.body', body: host?.[1] ?? bytes('none') })
}

const spacious: ASGIApplication = async (_scope, _receive, send) => {
  const headers = [line('x-a', ' \tv w\t '), line('x-b', ' ')]
  await send({ type: 'http.response.start', status: 200, headers })
  await send({ type: 'http.response.early_hint', links: [bytes(' </a.css>; rel=preload ')] })
  await send({ type: 'http.response.body' })
}

describe('HTTP/2', () => {
  it('tells the application of a status that HTTP/2 cannot carry, which can then send another', async () => {
    const raised = gate<unknown>()
    const app: ASGIApplication = async (_scope, _receive, send) => {
      const refused = send({ type: 'http.response.start', status: 600 })
      raised.pass(
        await refused.then(
          () => null,
          (error: unknown) => error,
        ),
      )
      await send({ type: 'http.response.start', status: 599 })
      await send({ type: 'http.response.body', body: bytes('body') })
    }
    await withSession(app, {}, async (session) => {
      const { headers, body } = await exchange(session, {})
      const error = await raised.passed
      assert.equal(error instanceof Error && error.name, 'InvalidEvent')
      assert.equal(headers[':status'], 599)
      assert.equal(body, 'body')
    })
  })

  it('answers with 500 for an application that fails over such a status', async () => {
    await withSession(beyond, {}, async (session) => {
      assert.equal((await exchange(session, {})).headers[':status'], 500)
    })
  })

  it('leaves fields of the connection out of a response (RFC 9113 §8.2.2)', async () => {
    const fields = ['te', 'http2-settings', 'connection', 'keep-alive', 'upgrade', 'x-a']
    const app: ASGIApplication = async (_scope, _receive, send) => {
      const headers = fields.map((name): Header => [bytes(name), bytes('trailers')])
      await send({ type: 'http.response.start', status: 200, headers })
      await send({ type: 'http.response.body', body: bytes('body') })
    }
    await withSession(app, {}, async (session) => {
      const { headers } = await exchange(session, {})
      assert.deepEqual(
        fields.filter((name) => headers[name] !== undefined),
        ['x-a'],
      )
    })
  })

  it('keeps the order of headers that come back, and joins what Node.js sends but once', async () => {
    await withSession(repeating, {}, async (session) => {
      const stream = session.request({})
      const seen = gate<readonly string[]>()
      stream.on('response', (...rest) => {
        const [, , raw]: readonly unknown[] = rest
        seen.pass(Array.isArray(raw) ? raw.map(String) : [])
      })
      stream.resume()
      assert.deepEqual((await seen.passed).slice(2, 10), [
        'x-a',
        '0',
        'x-b',
        '1',
        'x-a',
        '2',
        'content-encoding',
        '3, 4',
      ])
    })
  })

  it('sends each default header that was set, also two of one name', async () => {
    const header = ['x-twice: one', 'x-twice: two']
    await withSession(withHint, { header }, async (session) => {
      const { headers } = await exchange(session, {})
      assert.equal(headers['x-twice'], 'one, two')
    })
  })

  it('sends them with its own refusals, too: of a tunnel, and of a handshake', async () => {
    const handshake = { ':protocol': 'websocket', ':scheme': 'http', ':path': '/' }
    await withSession(echo, { header: ['X-Set: 1'] }, async (session) => {
      await once(session, 'remoteSettings')
      for (const [own, status] of [
        [{}, 501],
        [{ ...handshake, 'sec-websocket-version': '12' }, 426],
      ] as const) {
        const { headers } = await exchange(session, {
          ':method': 'CONNECT',
          ':authority': 'a.test:80',
          ...own,
        })
        assert.equal(headers[':status'], status)
        assert.equal(headers['x-set'], '1')
        assert.equal(headers['server'], 'assay')
        assert.ok(headers['date'])
      }
    })
  })

  it('sends no Date where none is wanted, with answers of its own either', async () => {
    await withSession(echo, { dateHeader: false }, async (session) => {
      for (const own of [{ ':path': '/' }, { ':path': `/${'a'.repeat(20_000)}` }]) {
        const { headers } = await exchange(session, own)
        assert.equal(headers['date'], undefined)
      }
    })
  })

  it('carries bodies both ways in cleartext by prior knowledge', async () => {
    await withSession(echo, {}, async (session) => {
      const large = 'ab'.repeat(500_000)
      const { headers, body } = await exchange(session, { ':method': 'POST' }, large)
      assert.equal(headers[':status'], 201)
      assert.equal(headers['x-a'], 'b')
      assert.ok(body === large)
    })
  })

  it('refuses a body beyond its limit, and shows the application no end of it', async () => {
    const told = gate<string>()
    const reading: ASGIApplication = async (_scope, receive) => {
      told.pass((await receive()).type)
    }
    await withSession(reading, { limitBody: 4 }, async (session) => {
      const { headers } = await exchange(session, { ':method': 'POST' }, 'hello')
      assert.equal(headers[':status'], 413)
      assert.equal(await told.passed, 'http.disconnect')
    })
  })

  it('shows the authority as host, and no pseudo-header', async () => {
    const scopes: HttpScope[] = []
    const app: ASGIApplication = async (scope, receive, send) => {
      if (scope.type === 'http') scopes.push(scope)
      await echo(scope, receive, send)
    }
    await withSession(app, {}, async (session) => {
      await exchange(session, { ':path': '/a%20b?c', ':authority': 'x:1', 'x-y': 'z' })
      const [scope] = scopes
      assert.ok(scope !== undefined)
      assert.equal(scope.http_version, '2')
      assert.equal(scope.path, '/a b')
      assert.equal(Buffer.from(scope.query_string).toString(), 'c')
      assert.deepEqual(
        scope.headers.map((pair) => pair.map((part) => Buffer.from(part).toString())),
        [
          ['host', 'x:1'],
          ['x-y', 'z'],
        ],
      )
    })
  })

  it('is chosen by ALPN over TLS, and the scope tells of the TLS connection', async () => {
    const seen = gate<Scope>()
    const app: ASGIApplication = async (scope, receive, send) => {
      seen.pass(scope)
      await echo(scope, receive, send)
    }
    await withCertificate((files) =>
      withSession(app, files, async (session) => {
        await exchange(session, {})
        assert.equal(session.alpnProtocol, 'h2')
        const scope = await seen.passed
        assert.ok(scope.type === 'http')
        assert.equal(scope.scheme, 'https')
        assert.deepEqual(scope.extensions['tls'], {
          server_cert: CERTIFICATE,
          client_cert_chain: [],
          client_cert_name: null,
          client_cert_error: null,
          tls_version: 0x0304,
          cipher_suite: 0x1302,
        })
      }),
    )
  })

  it('sends trailers to a client that takes them, and not to another', async () => {
    await withSession(withTrailers, {}, async (session) => {
      const { body, trailers } = await exchange(session, { te: 'trailers' })
      assert.equal(body, 'body')
      assert.equal(trailers['x-sum'], '1')
      const other = await exchange(session, {})
      assert.equal(other.body, 'body')
      assert.deepEqual(other.trailers, {})
    })
  })

  it('sends early hints before the response', async () => {
    await withSession(withHint, {}, async (session) => {
      const stream = session.request({})
      const hinted = once(stream, 'headers')
      const answer = answerOf(stream)
      const [hint]: unknown[] = await hinted
      assert.ok(isHeaders(hint))
      assert.equal(hint[':status'], 103)
      assert.equal(hint['link'], '</a.css>; rel=preload')
      assert.equal((await answer).body, 'body')
    })
  })

  it('offers push where a client has asked, and not in the request that was pushed', async () => {
    const offers: boolean[] = []
    const app: ASGIApplication = async (scope, _receive, send) => {
      const offered = scope.type === 'http' && 'http.response.push' in scope.extensions
      offers.push(offered)
      await send({ type: 'http.response.start', status: 200 })
      if (offered) await send({ type: 'http.response.push', path: '/pushed', headers: [] })
      await send({ type: 'http.response.body', body: bytes(offered ? 'asked' : 'pushed') })
    }
    await withSession(app, {}, async (session) => {
      const text = gate<string>()
      session.on('stream', (pushed) => {
        pushed.on('data', (piece: Buffer) => text.pass(piece.toString()))
      })
      assert.equal((await exchange(session, {})).body, 'asked')
      assert.equal(await text.passed, 'pushed')
      assert.deepEqual(offers, [true, false])
    })
  })

  it('promises the path that the application names, and pushes it with its headers', async () => {
    const headers = [line('x-a', '1'), line('x-b', '2'), line('x-a', '3')]
    const seen = gate<HttpScope>()
    const app: ASGIApplication = async (scope, _receive, send) => {
      if (scope.type !== 'http') throw new Error(`no ${scope.type} here`)
      await send({ type: 'http.response.start', status: 200 })
      if (scope.path === '/') {
        await send({ type: 'http.response.push', path: '/a?b#c%é', headers })
      } else seen.pass(scope)
      await send({ type: 'http.response.body' })
    }
    await withSession(app, {}, async (session) => {
      const promised = gate<unknown>()
      session.on('stream', (_pushed, fields: IncomingHttpHeaders) => promised.pass(fields[':path']))
      await exchange(session, {})
      assert.equal(await promised.passed, '/a%3Fb%23c%25%C3%A9')
      const scope = await seen.passed
      assert.equal(scope.path, '/a?b#c%é')
      assert.equal(scope.query_string.length, 0)
      const names = scope.headers.map(([name]) => Buffer.from(name).toString())
      assert.deepEqual(
        names.filter((name) => /^x-/i.test(name)),
        ['x-a', 'x-b', 'x-a'],
      )
    })
  })

  it('keeps the fields of its own answers where such are configured', async () => {
    const options = { header: ['sec-websocket-version:99', 'x-a:1'] }
    await withSession(socketEcho, options, async (session) => {
      await once(session, 'remoteSettings')
      const { headers } = await exchange(session, {
        ':method': 'CONNECT',
        ':protocol': 'websocket',
        ':path': '/ws',
        ':scheme': 'http',
        ':authority': 'localhost',
        'sec-websocket-version': '12',
      })
      assert.equal(headers['sec-websocket-version'], '13')
      assert.equal(headers['x-a'], '1')
    })
  })

  it('resets the stream of a response that was cut short, and only that', async () => {
    await withSession(breaking, {}, async (session) => {
      const stream = session.request({})
      stream.on('error', () => {})
      stream.resume()
      await new Promise((resolve) => {
        stream.on('close', resolve)
      })
      assert.equal(stream.rstCode, 2)
      assert.equal(session.destroyed, false)
    })
  })

  it('lives on when trailers come for a stream that it has reset', async () => {
    await withServer(breakingPosts, {}, async ({ connect: raw }) => {
      const client = await raw()
      const post = '\x83\x86\x84\x01\x01a'
      client.send(
        `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${frameOf(4, 0, 0, '')}${frameOf(1, 4, 1, post)}`,
      )
      await client.until(frameOf(3, 0, 1, '\0\0\0\x02'))
      const ping = 'are here'
      client.send(`${frameOf(1, 5, 1, '\0\x03x-t\x011')}${frameOf(6, 0, 0, ping)}`)
      await client.until(frameOf(6, 1, 0, ping))
      client.send(frameOf(1, 5, 3, '\x82\x86\x84\x01\x01a'))
      await client.until('\x01\x05\0\0\0\x03')
    })
  })

  it('refuses the acknowledgement of a ping on a stream (RFC 9113 §6.7)', async () => {
    await withServer(echo, {}, async ({ connect: raw }) => {
      const client = await raw()
      client.send(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${frameOf(4, 0, 0, '')}`)
      client.send(frameOf(6, 1, 1, 'are here'))
      const text = await client.untilEnd()
      // A GOAWAY without data, the last thing of all: its error is PROTOCOL_ERROR.
      assert.equal(text.slice(-17, -12), '\0\0\x08\x07\0')
      assert.equal(text.slice(-4), '\0\0\0\x01')
    })
  })

  it('accepts the rest of a content that the client of a HEAD is not shown', async () => {
    const outcome = gate<unknown>()
    const app: ASGIApplication = async (_scope, receive, send) => {
      await send({ type: 'http.response.start', status: 200 })
      await send({ type: 'http.response.body', body: bytes('one'), more_body: true })
      while ((await receive()).type !== 'http.disconnect') {
        // The request comes first; the stream is over as soon as the client has the head.
      }
      const last = send({ type: 'http.response.body', body: bytes('two') })
      outcome.pass(await last.then(() => 'accepted', String))
    }
    await withSession(app, {}, async (session) => {
      const { body } = await exchange(session, { ':method': 'HEAD' })
      assert.equal(body, '')
      assert.equal(await outcome.passed, 'accepted')
    })
  })

  it('carries a WebSocket in an extended CONNECT', async () => {
    await withSession(socketEcho, {}, async (session) => {
      await once(session, 'remoteSettings')
      const stream = session.request({
        ':method': 'CONNECT',
        ':protocol': 'websocket',
        ':path': '/ws',
        ':scheme': 'http',
        ':authority': 'localhost',
        'sec-websocket-version': '13',
      })
      const [headers]: unknown[] = await once(stream, 'response')
      assert.ok(isHeaders(headers))
      assert.equal(headers[':status'], 200)
      const message = gate<string>()
      const closed = gate<number>()
      const limits = { maxPayload: 1024, maxFragments: 10, maxBufferedChunks: 10 }
      const receiver = new Receiver({ isServer: false, extensions: {}, ...limits })
      receiver.on('message', (data) => message.pass(data.toString()))
      receiver.on('conclude', (code) => closed.pass(code))
      stream.on('data', (piece: Buffer) => receiver.write(piece))
      const sender = new Sender(stream, {}, (mask) => mask.fill(1))
      sender.send('hello', { binary: false, compress: false, fin: true, mask: true })
      assert.equal(await message.passed, 'hello')
      assert.equal(await closed.passed, 1000)
    })
  })

  it('ends a WebSocket behind both Closes, although its client does not end the stream', async () => {
    await withSession(socketEcho, { timeoutStall: 0.3 }, async (session) => {
      await once(session, 'remoteSettings')
      const stream = session.request(
        {
          ':method': 'CONNECT',
          ':protocol': 'websocket',
          ':path': '/ws',
          ':scheme': 'http',
          ':authority': 'localhost',
          'sec-websocket-version': '13',
        },
        { endStream: false },
      )
      stream.resume()
      await once(stream, 'response')
      const sender = new Sender(stream, {}, (mask) => mask.fill(1))
      sender.close(1000, '', true)
      await once(stream, 'close')
      assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR)
    })
  })

  it('ends an idle connection, also when its time has gone by once during a request', async () => {
    const answer = gate<void>()
    const waiting: ASGIApplication = async (scope, receive, send) => {
      await answer.passed
      await echo(scope, receive, send)
    }
    await withSession(waiting, { timeoutKeepAlive: 0.2 }, async (session) => {
      const closed = once(session, 'close')
      const stream = session.request({})
      setTimeout(answer.pass, 300)
      assert.equal((await answerOf(stream)).headers[':status'], 201)
      await closed
    })
  })

  it('ends a connection behind its request where no idle time is granted', async () => {
    await withSession(echo, { timeoutKeepAlive: 0 }, async (session) => {
      const closed = once(session, 'close')
      assert.equal((await exchange(session, {})).headers[':status'], 201)
      await closed
    })
  })

  it('refuses what is malformed of target, authority and length as over HTTP/1.1', async () => {
    await withSession(echo, {}, async (session) => {
      for (const wrong of [
        { ':path': '/a#b' },
        { ':path': '/\xe4' },
        { ':authority': 'user@a.test' },
        { ':authority': 'a.test', host: 'user@a.test' },
        { ':authority': 'a:x' },
        { ':authority': 'a:80:80' },
        { ':authority': '[::g]' },
        { ':authority': 'a.test', host: '%zz' },
        { content_length: '3' },
        { transfer_encoding: 'chunked' },
        { 'content-length': '00' },
      ]) {
        const stream = session.request(wrong)
        stream.on('error', () => {})
        await new Promise((resolve) => {
          stream.on('close', resolve)
        })
        assert.equal(stream.rstCode, constants.NGHTTP2_PROTOCOL_ERROR)
      }
      assert.equal((await exchange(session, { ':path': '/a%23b' })).headers[':status'], 201)
    })
  })

  it('refuses a trailer that routes a message, and the application is told of no end', async () => {
    const told = gate<string>()
    const receiving: ASGIApplication = async (_scope, receive) => {
      for (let more = true; more; ) {
        const event = await receive()
        more = event.type === 'http.request' && event.more_body
        if (!more) told.pass(event.type)
      }
    }
    await withSession(receiving, {}, async (session) => {
      const stream = session.request({ ':method': 'POST' }, { waitForTrailers: true })
      stream.on('error', () => {})
      stream.on('wantTrailers', () => stream.sendTrailers({ host: 'b.test' }))
      stream.end('a')
      await new Promise((resolve) => {
        stream.on('close', resolve)
      })
      assert.equal(stream.rstCode, constants.NGHTTP2_PROTOCOL_ERROR)
      assert.equal(await told.passed, 'http.disconnect')
    })
  })

  it('leaves whitespace around a value out (RFC 9113 §8.2.1)', async () => {
    await withSession(spacious, {}, async (session) => {
      const stream = session.request({})
      const hinted = once(stream, 'headers')
      const { headers } = await answerOf(stream)
      const [hint]: unknown[] = await hinted
      assert.ok(isHeaders(hint))
      assert.equal(hint['link'], '</a.css>; rel=preload')
      assert.equal(headers['x-a'], 'v w')
      assert.equal(headers['x-b'], '')
    })
  })

  it('promises a push with the host of a request without authority', async () => {
    const block = { ':method': 'GET', ':scheme': 'http', ':path': '/', host: 'a.test:81' }
    await withServer(pushing, {}, async ({ connect: raw }) => {
      const client = await raw()
      client.send(`${PREFACE}${frameOf(1, 5, 1, fieldBlock(block))}`)
      await client.until('\0\0\0\x02a.test:81')
    })
  })

  it('sends 100 to the expectation of that alone', async () => {
    await withSession(echo, {}, async (session) => {
      await once(session, 'remoteSettings')
      for (const [expect, continued] of [
        ['not-100-continue', false],
        ['a, 100-Continue', true],
      ] as const) {
        const stream = session.request({ ':method': 'POST', expect }, { endStream: false })
        let told = false
        stream.on('continue', () => {
          told = true
        })
        // What the server says before any content, it says before it answers these.
        for (let turn = 0; turn < 2; turn += 1) {
          await new Promise((resolve, reject) => {
            session.ping((error) => (error === null ? resolve(null) : reject(error)))
          })
        }
        stream.end('a')
        assert.equal((await answerOf(stream)).body, 'a')
        assert.equal(told, continued)
      }
    })
  })

  it('resets a stream whose awaited content stops, and tells its application, when the time is over', async () => {
    const told = gate<string>()
    const waiting: ASGIApplication = async (_scope, receive) => {
      await receive()
      told.pass((await receive()).type)
    }
    await withSession(waiting, { timeoutStall: 0.3 }, async (session) => {
      const stream = session.request({ ':method': 'POST' }, { endStream: false })
      stream.write('a')
      const ended = once(stream, 'close')
      assert.equal(await told.passed, 'http.disconnect')
      await ended
      assert.equal(stream.rstCode, constants.NGHTTP2_CANCEL)
    })
  })
})
