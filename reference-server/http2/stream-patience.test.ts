import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientHttp2Session, connect, constants } from 'node:http2'
import { describe, it } from 'mocha'
import type { ASGIApplication } from '../asgi/application.ts'
import type { ServeOptions } from '../server/serve.ts'
import { fieldBlock, frameOf, HEADERS, PREFACE } from '../testing/http2-frames.ts'
import { type Bench, gate, withServer } from '../testing/with-server.ts'

const SETTINGS = 4
const WINDOW_UPDATE = 8
const END = 5

/** SETTINGS_INITIAL_WINDOW_SIZE of 0 */
const SHUT = frameOf(SETTINGS, 0, 0, '\0\x04\0\0\0\0')

const GET = { ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'a.test' }
const HANDSHAKE = { ':method': 'CONNECT', ':protocol': 'websocket', 'sec-websocket-version': '13' }

const TEN = Buffer.from('abcdefghij')

const answering: ASGIApplication = async (_scope, _receive, send) => {
  await send({ type: 'http.response.start', status: 200 })
  await send({ type: 'http.response.body', body: TEN })
}

const talking: ASGIApplication = async (_scope, receive, send) => {
  await send({ type: 'websocket.accept' })
  await send({ type: 'websocket.send', bytes: TEN })
  for (let event = await receive(); event.type !== 'websocket.disconnect'; ) event = await receive()
}

async function withSession(
  application: ASGIApplication,
  options: ServeOptions,
  body: (session: ClientHttp2Session, bench: Bench) => Promise<void>,
): Promise<void> {
  await withServer(application, options, async (bench) => {
    const session = connect(bench.server.url, { settings: { initialWindowSize: 0 } })
    await once(session, 'remoteSettings')
    try {
      await body(session, bench)
    } finally {
      session.destroy()
    }
  })
}

describe('the patience with a stream of HTTP/2', () => {
  for (const [what, application, fields, piece] of [
    ['response', answering, { ':method': 'POST' }, 'x'],
    // A Pong that nobody has asked for, masked.
    ['WebSocket', talking, HANDSHAKE, '\x8a\x80\0\0\0\0'],
  ] as const) {
    it(`ends where a client reads nothing of its ${what}, whatever it sends meanwhile`, async () => {
      await withSession(application, { timeoutStall: 0.5 }, async (session) => {
        const stream = session.request(fields, { endStream: false })
        stream.on('error', () => {})
        await once(stream, 'response')
        const trickle = setInterval(() => stream.write(Buffer.from(piece, 'latin1')), 100)
        await new Promise((resolve) => {
          stream.once('close', resolve)
        })
        clearInterval(trickle)
        assert.equal(stream.rstCode, constants.NGHTTP2_CANCEL)
      })
    })
  }

  it('lasts as long as the client lets a little of its response through', async () => {
    await withServer(answering, { timeoutStall: 0.7 }, async ({ connect: raw }) => {
      const client = await raw()
      client.send(`${PREFACE}${SHUT}${frameOf(HEADERS, END, 1, fieldBlock(GET))}`)
      for (const byte of TEN.toString()) {
        const opened = setTimeout(
          () => client.send(frameOf(WINDOW_UPDATE, 0, 1, '\0\0\0\x01')),
          200,
        )
        await client.until(`\0\0\0\x01${byte}`)
        clearTimeout(opened)
      }
      await client.until('\x01\0\0\0\x01')
    })
  })

  it('lets a client end its request behind a whole response, although its content had to wait', async () => {
    const held = gate<null>()
    const late: ASGIApplication = async (scope, receive, send) => {
      await held.passed
      await answering(scope, receive, send)
    }
    await withServer(late, {}, async ({ server }) => {
      const session = connect(server.url)
      await once(session, 'remoteSettings')
      const stream = session.request({ ':method': 'POST' })
      let taken = 0
      for (let piece = 0; piece < 50; piece += 1) {
        stream.write(Buffer.alloc(8_000), () => {
          taken += 1
        })
      }
      stream.end()
      // Until the server gives no window back any more.
      for (let before = -1, still = 0; still < 5; ) {
        await new Promise((resolve, reject) => {
          session.ping((error) => (error === null ? resolve(null) : reject(error)))
        })
        still = taken > 0 && taken === before ? still + 1 : 0
        before = taken
      }
      held.pass(null)
      stream.resume()
      await once(stream, 'close')
      assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR)
      session.destroy()
    })
  })

  it('ends behind a whole response where the client never ends its request, and no error tells so', async () => {
    await withServer(answering, { timeoutStall: 0.3 }, async ({ server }) => {
      const session = connect(server.url)
      const stream = session.request({ ':method': 'POST' }, { endStream: false })
      let text = ''
      stream.on('data', (piece: Buffer) => {
        text += piece.toString()
      })
      await once(stream, 'close')
      assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR)
      assert.equal(text, TEN.toString())
      session.destroy()
    })
  })
})
