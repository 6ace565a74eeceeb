import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { deflateRawSync, constants as zlib } from 'node:zlib'
import { describe, it } from 'mocha'
import type { ASGIApplication, Receive, Send } from '../asgi/application.ts'
import { ClientDisconnected } from '../asgi/errors.ts'
import type { ReceiveEvent, SendEvent } from '../asgi/messages.ts'
import type { WebSocketScope } from '../asgi/scope.ts'
import type { RunningServer, ServeOptions } from '../server/serve.ts'
import type { RawClient } from '../testing/raw-client.ts'
import { WebSocketClient } from '../testing/web-socket-client.ts'
import { type Bench, gate, portOf, withServer } from '../testing/with-server.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')

type Steps = (receive: Receive, send: Send, scope: WebSocketScope) => Promise<void>

/** Runs the steps for each WebSocket; connect was received already. */
async function withSocket(
  steps: Steps,
  body: (port: number, bench: Bench) => Promise<void>,
  options: ServeOptions = {},
): Promise<void> {
  const app: ASGIApplication = async (scope, receive, send) => {
    if (scope.type !== 'websocket') throw new Error(scope.type)
    assert.deepEqual(await receive(), { type: 'websocket.connect' })
    await steps(receive, send, scope)
  }
  await withServer(app, options, (bench) => body(portOf(bench.server), bench))
}

const echo: Steps = async (receive, send) => {
  await send({ type: 'websocket.accept' })
  while (true) {
    const event = await receive()
    if (event.type !== 'websocket.receive') return
    await send({ type: 'websocket.send', bytes: event.bytes, text: event.text })
  }
}

const closing: Steps = async (_receive, send) => {
  await send({ type: 'websocket.accept' })
  await send({ type: 'websocket.close', code: 4001, reason: 'done' })
}
const returning: Steps = async (_receive, send) => {
  await send({ type: 'websocket.accept' })
}
const raising: Steps = async (_receive, send) => {
  await send({ type: 'websocket.accept' })
  throw new Error('planted')
}

const idling: Steps = async (_receive, send) => {
  await send({ type: 'websocket.accept' })
  await new Promise(() => {})
}

const denying: Steps = async (_receive, send) => send({ type: 'websocket.close' })
const silent: Steps = async () => {}

const preferring: Steps = async (receive, send) => {
  await send({ type: 'websocket.http.response.start', status: 401 })
  await send({ type: 'websocket.http.response.body', body: bytes('no'), more_body: true })
  await send({ type: 'websocket.http.response.body', body: bytes('pe') })
  await receive()
}

/** Sends the event in an open WebSocket and tells the client which error came back. */
const misusing =
  (event: SendEvent): Steps =>
  async (_receive, send) => {
    await send({ type: 'websocket.accept' })
    const error: unknown = await send(event).then(
      () => null,
      (reason: unknown) => reason,
    )
    await send({ type: 'websocket.send', text: error instanceof Error ? error.name : 'none' })
  }

const handshake = (fields: string, line = 'GET / HTTP/1.1'): string =>
  `${line}\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${fields}\r\n`
const CLOSE_1012 = Buffer.from([0x88, 2, 1012 >> 8, 1012 & 255])
const PING = Buffer.from([0x89, 0])
const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

/** Asks in the middle of its answer. */
const asking: Steps = async (receive, send) => {
  await send({ type: 'websocket.http.response.start', status: 401 })
  await send({ type: 'websocket.http.response.body', body: bytes('no'), more_body: true })
  await receive()
}

const slow: ASGIApplication = async (scope, receive, send) => {
  await pause(100)
  if (scope.type === 'websocket') return send({ type: 'websocket.close' })
  await send({ type: 'http.response.start', status: 204 })
  await send({ type: 'http.response.body' })
  await receive()
}

/** Takes its time, and does not ask. */
const delayed =
  (steps: Steps): Steps =>
  async (receive, send, scope) => {
    await pause(200)
    await steps(receive, send, scope)
  }

/** Sends back what came directly behind the handshake. */
const talking: Steps = async (receive, send) => {
  await send({ type: 'websocket.accept' })
  const event = await receive()
  if (event.type === 'websocket.receive') {
    await send({ type: 'websocket.send', text: event.text, bytes: event.bytes })
  }
  await receive()
}

/** All that a client gets that ends its side behind its handshake. */
async function halfClosing(steps: Steps, behind: Buffer = Buffer.alloc(0)): Promise<string> {
  let text = ''
  await withSocket(steps, async (_port, { connect }) => {
    const client = await connect()
    const shake = Buffer.from(handshake(`${KEY}Sec-WebSocket-Version: 13\r\n`))
    client.socket.end(Buffer.concat([shake, behind]))
    text = await client.untilEnd()
  })
  return text
}

/** More than the kernel takes of it for a client that does not read. */
const UNREAD = 12 * 1024 * 1024

const sendingUnread: ASGIApplication = async (scope, receive, send) => {
  if (scope.type !== 'websocket') return
  await send({ type: 'websocket.accept' })
  await send({ type: 'websocket.send', bytes: Buffer.alloc(UNREAD) })
  await receive()
}

/** What a client gets that reads nothing for so long, and does not answer the Close that it waits for. */
async function readLate(
  options: ServeOptions,
  milliseconds: number,
  close: Buffer,
  meanwhile: (server: RunningServer) => void = () => {},
): Promise<string> {
  let text = ''
  await withServer(sendingUnread, options, async ({ server, connect }) => {
    const client = await connect()
    client.send(handshake(`${KEY}Sec-WebSocket-Version: 13\r\n`))
    await client.until('\r\n\r\n')
    client.socket.pause()
    await pause(200)
    meanwhile(server)
    await pause(milliseconds)
    client.socket.resume()
    text = await client.until(close.toString('latin1'))
  })
  return text
}

/** A frame whose mask changes nothing; the payload has less than 64 KiB. */
function masked(first: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt8(first, 0)
  head.writeUInt8(0x80 | 126, 1)
  head.writeUInt16BE(payload.length, 2)
  return Buffer.concat([head, payload])
}

/** A close frame with code 1000, which is as short as RFC 6455 §5.2 wants it. */
const CLOSE = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8])
const CLOSED = '\x88\x02\x03\xe8'

/** A message, text unless told otherwise, in one compressed frame (RFC 7692 §7.2.1). */
const compressed = (message: string | Uint8Array, first = 0xc1): Buffer =>
  masked(first, deflateRawSync(message, { finishFlush: zlib.Z_SYNC_FLUSH }).subarray(0, -4))

/** A client past its handshake, with permessage-deflate. */
async function compressing({ connect }: Bench): Promise<RawClient> {
  const client = await connect()
  const version = 'Sec-WebSocket-Version: 13\r\n'
  client.send(handshake(`${KEY}${version}Sec-WebSocket-Extensions: permessage-deflate\r\n`))
  await client.until('\r\n\r\n')
  return client
}

/** Long enough for its compression to be in progress when a client that was told to answers. */
const LARGE = randomBytes(3 * 1024 * 1024)

/** Sends a message and tells when its compression has begun, and what the application learnt. */
function sendingLarge(begun: () => void, learnt: (seen: ReceiveEvent) => void): Steps {
  return async (receive, send) => {
    await send({ type: 'websocket.accept' })
    const sent = send({ type: 'websocket.send', bytes: LARGE })
    begun()
    learnt(await receive())
    await sent
  }
}

describe('a WebSocket', () => {
  it('waits for the answer to a Close or a Ping only once it has left', async () => {
    const patient = readLate({}, 6_000, CLOSE_1012, (server) => void server.close())
    const options = { wsPingInterval: 0.1, wsPingTimeout: 0.5 }
    const texts = await Promise.all([patient, readLate(options, 2_000, PING)])
    for (const text of texts) assert.ok(text.length > UNREAD)
  })

  it('answers a Close behind the message that is being compressed', async () => {
    const begun = gate<void>()
    const learnt = gate<ReceiveEvent>()
    await withSocket(sendingLarge(begun.pass, learnt.pass), async (_port, bench) => {
      const client = await compressing(bench)
      await begun.passed
      client.send(CLOSE)
      const disconnect = { type: 'websocket.disconnect', code: 1000, reason: '' }
      assert.deepEqual(await learnt.passed, disconnect)
      const text = await client.untilEnd()
      assert.ok(text.length > LARGE.length)
      assert.ok(text.endsWith(CLOSED))
    })
  })

  it('outlives a client that ends its side while a message is being compressed', async () => {
    const begun = gate<void>()
    const learnt = gate<ReceiveEvent>()
    await withSocket(sendingLarge(begun.pass, learnt.pass), async (_port, bench) => {
      const client = await compressing(bench)
      await begun.passed
      client.socket.end()
      const disconnect = { type: 'websocket.disconnect', code: 1006, reason: '' }
      assert.deepEqual(await learnt.passed, disconnect)
      assert.ok((await client.untilEnd()).length > LARGE.length)
      assert.equal((await compressing(bench)).socket.destroyed, false)
    })
  })

  for (const [what, last, code] of [
    ['with a Close', CLOSE, 1000],
    ['without one', Buffer.alloc(0), 1006],
  ] as const) {
    it(`delivers a compressed message directly before the end of the client's side, ${what}`, async () => {
      const text = 'a'.repeat(4 * 1024 * 1024)
      const seen = gate<readonly ReceiveEvent[]>()
      const steps: Steps = async (receive, send) => {
        await send({ type: 'websocket.accept' })
        seen.pass([await receive(), await receive()])
      }
      await withSocket(steps, async (_port, bench) => {
        const client = await compressing(bench)
        client.socket.end(Buffer.concat([compressed(text), last]))
        const [message, disconnect] = await seen.passed
        assert.ok(message?.type === 'websocket.receive' && message.text === text)
        assert.deepEqual(disconnect, { type: 'websocket.disconnect', code, reason: '' })
        assert.equal((await client.untilEnd()).endsWith(CLOSED), code === 1000)
      })
    })
  }

  it('shows the application the handshake as www.rst describes it', async () => {
    const seen = gate<WebSocketScope>()
    const steps: Steps = async (_receive, send, scope) => {
      seen.pass(scope)
      await send({
        type: 'websocket.accept',
        subprotocol: 'two',
        headers: [[bytes('x-a'), bytes('b')]],
      })
    }
    await withSocket(steps, async (port) => {
      const client = new WebSocketClient(port, ['one', 'two'])
      await client.opened()
      assert.equal(client.raw.protocol, 'two')
      const scope = await seen.passed
      assert.equal(scope.scheme, 'ws')
      assert.equal(scope.path, '/ws')
      assert.deepEqual(scope.subprotocols, ['one', 'two'])
      assert.deepEqual(scope.extensions, { 'websocket.http.response': {} })
      assert.equal('method' in scope, false)
    })
  })

  for (const deflate of [false, true]) {
    it(`carries text and bytes unchanged, ${deflate ? 'with' : 'without'} compression`, async () => {
      await withSocket(echo, async (port) => {
        const client = new WebSocketClient(port, [], deflate)
        await client.opened()
        assert.equal(client.raw.extensions.includes('permessage-deflate'), deflate)
        const large = Buffer.alloc(16 * 1024 * 1024, 'ab')
        const edges = [125, 126, 8192, 8193, 65_535, 65_536]
        for (const message of [
          '',
          ...edges.flatMap((length) => ['x'.repeat(length), Buffer.alloc(length, 1)]),
          'h\u00e9llo \u{1f30d}',
          Buffer.alloc(0),
          bytes('\0\xff'),
          large,
        ]) {
          client.raw.send(message)
          const seen = await client.next()
          assert.ok(seen.what === 'message')
          assert.equal(seen.isBinary, typeof message !== 'string')
          assert.ok(seen.data.equals(Buffer.from(message)))
        }
        client.raw.terminate()
      })
    }).timeout(20_000)
  }

  it('delivers a message of 65,536 fragments as one', async () => {
    await withSocket(echo, async (port) => {
      const client = new WebSocketClient(port)
      await client.opened()
      for (let i = 1; i < 65_536; i += 1) client.raw.send('x', { fin: false })
      client.raw.send('y', { fin: true })
      const seen = await client.next()
      assert.ok(seen.what === 'message')
      assert.equal(seen.data.toString(), `${'x'.repeat(65_535)}y`)
      client.raw.terminate()
    })
  })

  it('tells the client 1009 of a message that is too large, and the application that no close came', async () => {
    const left = gate<ReceiveEvent>()
    const steps: Steps = async (receive, send) => {
      await send({ type: 'websocket.accept' })
      left.pass(await receive())
    }
    await withSocket(steps, async (port) => {
      const client = new WebSocketClient(port)
      await client.opened()
      client.raw.send(Buffer.alloc(16 * 1024 * 1024 + 1))
      assert.deepEqual(await client.next(), { what: 'close', code: 1009, reason: '' })
      assert.deepEqual(await left.passed, { type: 'websocket.disconnect', code: 1006, reason: '' })
    })
  })

  it('tells the application code and reason of the close, 1005 and 1006 without', async () => {
    const ways: readonly [(client: WebSocketClient) => void, number, string][] = [
      [(client) => client.raw.close(3000, 'bye'), 3000, 'bye'],
      [(client) => client.raw.close(), 1005, ''],
      [(client) => client.raw.terminate(), 1006, ''],
    ]
    for (const [leave, code, reason] of ways) {
      const left = gate<ReceiveEvent>()
      const raised = gate<unknown>()
      const steps: Steps = async (receive, send) => {
        await send({ type: 'websocket.accept' })
        left.pass(await receive())
        await send({ type: 'websocket.send', text: 'late' }).catch((error: unknown) =>
          raised.pass(error),
        )
      }
      await withSocket(steps, async (port) => {
        const client = new WebSocketClient(port)
        await client.opened()
        leave(client)
        assert.deepEqual(await left.passed, { type: 'websocket.disconnect', code, reason })
        const error = await raised.passed
        assert.equal(error instanceof Error && error.name, 'ClientDisconnected')
      })
    }
  })

  it('tells the application 1006 where its own close is not answered', async () => {
    const left = gate<ReceiveEvent>()
    const steps: Steps = async (receive, send) => {
      await send({ type: 'websocket.accept' })
      await send({ type: 'websocket.close', code: 4001, reason: 'bye' })
      left.pass(await receive())
    }
    await withSocket(steps, async (_port, { connect }) => {
      const client = await connect()
      client.send(handshake(`${KEY}Sec-WebSocket-Version: 13\r\n`))
      await client.until('bye')
      client.socket.resetAndDestroy()
      assert.deepEqual(await left.passed, { type: 'websocket.disconnect', code: 1006, reason: '' })
    })
  })

  it('closes as the application says, and with 1000 or 1011 when the application ends', async () => {
    const cases: readonly [Steps, number, string][] = [
      [closing, 4001, 'done'],
      [returning, 1000, ''],
      [raising, 1011, ''],
    ]
    for (const [steps, code, reason] of cases) {
      await withSocket(steps, async (port) => {
        const client = new WebSocketClient(port)
        assert.deepEqual(await client.next(), { what: 'close', code, reason })
      })
    }
  })

  it('answers 403 to a close before the handshake, and 500 when there is no answer', async () => {
    for (const [steps, status] of [
      [denying, 403],
      [silent, 500],
    ] as const) {
      await withSocket(steps, async (port) => {
        const seen = await new WebSocketClient(port).next()
        assert.equal(seen.what === 'refused' && seen.status, status)
      })
    }
  })

  it('answers with the response that the application prefers', async () => {
    await withSocket(preferring, async (port) => {
      const seen = await new WebSocketClient(port).next()
      assert.deepEqual(seen, { what: 'refused', status: 401, body: 'nope' })
    })
  })

  it('closes with 1012 when the server stops', async () => {
    await withSocket(echo, async (port, { server }) => {
      const client = new WebSocketClient(port)
      await client.opened()
      const closed = server.close()
      assert.deepEqual(await client.next(), { what: 'close', code: 1012, reason: '' })
      await closed
    })
  })

  it('is accepted although the server stops meanwhile, and closed with 1012 at once', async () => {
    const [asked, stopped, late] = [gate<null>(), gate<null>(), gate<readonly unknown[]>()]
    const steps: Steps = async (receive, send) => {
      asked.pass(null)
      await stopped.passed
      await send({ type: 'websocket.accept' })
      const sending = send({ type: 'websocket.send', text: 'late' }).catch(
        (error: unknown) => error,
      )
      late.pass([await sending, await receive()])
    }
    await withSocket(steps, async (port, { server, log }) => {
      const client = new WebSocketClient(port)
      await asked.passed
      const stopping = server.close()
      stopped.pass(null)
      assert.deepEqual(await client.next(), { what: 'close', code: 1012, reason: '' })
      const [error, event] = await late.passed
      assert.ok(error instanceof ClientDisconnected)
      assert.deepEqual(event, { type: 'websocket.disconnect', code: 1012, reason: '' })
      await stopping
      assert.equal(log.filter((line) => /exception|error|answered/i.test(line)).join('\n'), '')
    })
  })

  it('is closed with 1012 where its handshake comes to its end after the server was told to stop', async () => {
    await withSocket(idling, async (_port, { server, connect }) => {
      const client = await connect()
      const whole = handshake(`${KEY}Sec-WebSocket-Version: 13\r\n`)
      client.send(whole.slice(0, 30))
      await pause(100)
      const stopping = server.close()
      client.send(whole.slice(30))
      assert.match(await client.until(CLOSE_1012.toString('latin1')), /^HTTP\/1\.1 101 /)
      client.send(CLOSE)
      await client.untilEnd()
      // Its application idles on.
      server.abort()
      await stopping
    })
  })

  it('does not take a pong for late that waits behind messages which nobody has received', async () => {
    const proceed = gate<void>()
    const steps: Steps = async (receive, send) => {
      await send({ type: 'websocket.accept' })
      await proceed.passed
      await receive()
      await receive()
      await send({ type: 'websocket.send', text: 'both' })
    }
    const patience = { wsMaxQueue: 64, wsPingInterval: 0.05, wsPingTimeout: 0.05 }
    await withSocket(
      steps,
      async (port) => {
        const client = new WebSocketClient(port)
        await client.opened()
        client.raw.send('x'.repeat(65))
        client.raw.send('y'.repeat(65))
        const pings = gate<void>()
        let count = 0
        client.raw.on('ping', () => {
          count += 1
          if (count === 2) pings.pass()
        })
        await pings.passed
        proceed.pass()
        const seen = await client.next()
        assert.equal(seen.what === 'message' && seen.data.toString(), 'both')
        client.raw.terminate()
      },
      patience,
    )
  })

  it('lets the client wait whose compressed messages nobody receives', async () => {
    await withSocket(
      idling,
      async (_port, bench) => {
        const client = await compressing(bench)
        const frame = compressed(randomBytes(60_000), 0xc2)
        for (let i = 0; i < 300; i += 1) client.socket.write(frame)
        const { socket } = client
        for (let last = -1; last !== socket.writableLength; ) {
          last = socket.writableLength
          await new Promise((resolve) => {
            setTimeout(resolve, 200)
          })
        }
        assert.ok(socket.writableLength > 0)
      },
      { wsMaxQueue: 64 },
    )
  })

  it('answers pings', async () => {
    await withSocket(echo, async (port) => {
      const client = new WebSocketClient(port)
      await client.opened()
      const pong = gate<Buffer>()
      client.raw.on('pong', (data) => pong.pass(data))
      client.raw.ping('are you there')
      assert.equal((await pong.passed).toString(), 'are you there')
      client.raw.terminate()
    })
  })

  const MISUSES: readonly (readonly [string, SendEvent])[] = [
    ['a message of both kinds', { type: 'websocket.send', text: 'a', bytes: bytes('b') }],
    ['a message of no kind', { type: 'websocket.send' }],
    ['a second accept', { type: 'websocket.accept' }],
    ['a close code that may not be sent', { type: 'websocket.close', code: 1005 }],
    ['a reason that is too long', { type: 'websocket.close', reason: 'x'.repeat(124) }],
    ['an event of HTTP', { type: 'http.response.body' }],
  ]
  for (const [what, event] of MISUSES) {
    it(`refuses ${what}, and goes on`, async () => {
      await withSocket(misusing(event), async (port) => {
        const seen = await new WebSocketClient(port).next()
        assert.equal(seen.what === 'message' && seen.data.toString(), 'InvalidEvent')
      })
    })
  }
})

describe('a WebSocket handshake', () => {
  it('is answered with the accept value of RFC 6455 §1.3', async () => {
    await withSocket(echo, async (_port, { connect }) => {
      const client = await connect()
      client.send(handshake(`${KEY}Sec-WebSocket-Version: 13\r\n`))
      assert.match(
        await client.until('\r\n\r\n'),
        /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/,
      )
    })
  })

  it('may hold lists with empty elements, which do not count (RFC 9110 §5.6.1.2)', async () => {
    const seen = gate<WebSocketScope>()
    const steps: Steps = async (_receive, send, scope) => {
      seen.pass(scope)
      await send({ type: 'websocket.accept', subprotocol: 'b' })
    }
    await withSocket(steps, async (_port, { connect }) => {
      const client = await connect()
      const lists =
        'Sec-WebSocket-Protocol: a,, b,\r\nSec-WebSocket-Extensions: ,permessage-deflate , ,\r\n'
      client.send(handshake(`${KEY}${lists}Sec-WebSocket-Version: 13\r\n`))
      assert.match(await client.until('\r\n\r\n'), /^HTTP\/1\.1 101 .*permessage-deflate/s)
      assert.deepEqual((await seen.passed).subprotocols, ['a', 'b'])
    })
  })

  it('is refused with 426 for another version and 400 without a proper key', async () => {
    await withSocket(echo, async (_port, { exchange }) => {
      const other = await exchange(handshake(`${KEY}Sec-WebSocket-Version: 99\r\n`))
      assert.match(other, /^HTTP\/1\.1 426 .*sec-websocket-version: 13/s)
      assert.match(other, /\r\nupgrade: websocket\r\n.*connection: upgrade\r\n/s)
      const keyless = await exchange(handshake('Sec-WebSocket-Version: 13\r\n'))
      assert.match(keyless, /^HTTP\/1\.1 400 /)
    })
  })

  it('is answered for a client that has ended its side', async () => {
    const asked: Steps[] = [denying, preferring]
    const answers = await Promise.all(asked.map((steps) => halfClosing(delayed(steps))))
    assert.match(answers[0] ?? '', /^HTTP\/1\.1 403 /)
    assert.match(answers[1] ?? '', /^HTTP\/1\.1 401 .*\r\n2\r\nno\r\n2\r\npe\r\n0\r\n\r\n$/s)
    const [, frames] = (await halfClosing(delayed(talking), masked(0x81, bytes('hello')))).split(
      '\r\n\r\n',
    )
    assert.equal(frames, '\x81\x05hello')
  })

  it('gets 500 where the application is told that its client has ended its side, and leaves', async () => {
    const raised = gate<unknown>()
    const steps: Steps = async (receive, send) => {
      assert.deepEqual(await receive(), { type: 'websocket.disconnect', code: 1006, reason: '' })
      await send({ type: 'websocket.accept' }).catch(raised.pass)
    }
    assert.match(await halfClosing(steps), /^HTTP\/1\.1 500 /)
    assert.ok((await raised.passed) instanceof ClientDisconnected)
  })

  it('shows that a denial is cut short whose application is told of the end of its client', async () => {
    assert.match(await halfClosing(asking), /^HTTP\/1\.1 401 .*\r\n2\r\nno\r\n$/s)
  })

  it('is answered behind a request that its client has ended its side on', async () => {
    await withServer(slow, {}, async ({ connect }) => {
      const client = await connect()
      const shake = handshake(`${KEY}Sec-WebSocket-Version: 13\r\n`)
      client.socket.end(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${shake}`)
      assert.match(await client.untilEnd(), /^HTTP\/1\.1 204 .*HTTP\/1\.1 403 /s)
    })
  })

  it('is an ordinary request by another method or an older version', async () => {
    await withServer(
      async (scope, _receive, send) => {
        await send({ type: 'http.response.start', status: 200 })
        await send({ type: 'http.response.body', body: bytes(scope.type) })
      },
      {},
      async ({ exchange }) => {
        const fields = `${KEY}Sec-WebSocket-Version: 13\r\nConnection: close\r\n`
        for (const line of ['POST / HTTP/1.1', 'GET / HTTP/1.0']) {
          assert.match(await exchange(handshake(fields, line)), /\r\n\r\n(4\r\n)?http/)
        }
      },
    )
  })
})
