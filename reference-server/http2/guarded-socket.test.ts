import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { describe, it } from 'mocha'
import type { ASGIApplication } from '../asgi/application.ts'
import { Clock } from '../server/clock.ts'
import { portOf, withServer } from '../testing/with-server.ts'
import { GuardedSocket } from './guarded-socket.ts'

const DATA = 0
const HEADERS = 1
const RST_STREAM = 3
const SETTINGS = 4
const PING = 6
const GOAWAY = 7
const WINDOW_UPDATE = 8
const CONTINUATION = 9

/** RFC 9113 §7. */
const PROTOCOL_ERROR = 1
const ENHANCE_YOUR_CALM = 11

const PIECE = Buffer.alloc(16 * 1024, 'x')

function frame(type: number, flags: number, stream: number, payload: readonly number[]): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, Buffer.from(payload)])
}

/** A preface whose windows let everything pass (RFC 9113 §6.9). */
const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(SETTINGS, 0, 0, [0, 4, 0x7f, 0xff, 0xff, 0xff]),
  frame(WINDOW_UPDATE, 0, 0, [0x7f, 0xff, 0, 0]),
  frame(SETTINGS, 1, 0, []),
])

/** GET http://a/, by index and literal (RFC 7541). */
const request = (stream: number): Buffer =>
  frame(HEADERS, 5, stream, [0x82, 0x86, 0x84, 0x01, 1, 0x61])

/** GET http://a/ in frames of their own for each field. */
const pieces = (stream: number): readonly Buffer[] => [
  frame(HEADERS, 1, stream, [0x82]),
  frame(CONTINUATION, 0, stream, [0x86]),
  frame(CONTINUATION, 0, stream, [0x84]),
  frame(CONTINUATION, 4, stream, [0x01, 1, 0x61]),
]

/** Reads frames of one connection when it is told to. */
class Reader {
  readonly socket: Socket
  readonly closed: Promise<unknown>
  content: number
  /** Streams that have ended. */
  readonly ended: number[]
  readonly types: number[]
  /** The error code of the last GOAWAY. */
  error: number | null
  /** Its last stream. */
  last: number | null
  #rest: Buffer

  constructor(port: number) {
    this.socket = createConnection(port, '127.0.0.1')
    this.content = 0
    this.ended = []
    this.types = []
    this.error = null
    this.last = null
    this.#rest = Buffer.alloc(0)
    this.socket.on('data', (bytes: Buffer) => this.#read(bytes))
    this.socket.on('error', () => {})
    this.closed = once(this.socket, 'close')
    this.socket.pause()
  }

  #read(bytes: Buffer): void {
    let rest = Buffer.concat([this.#rest, bytes])
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const length = rest.readUIntBE(0, 3)
      const type = rest.readUInt8(3)
      this.types.push(type)
      if (type === DATA) this.content += length
      if (type === GOAWAY) {
        this.last = rest.readUInt32BE(9)
        this.error = rest.readUInt32BE(13)
      }
      if (type === DATA && (rest.readUInt8(4) & 1) === 1) this.ended.push(rest.readUInt32BE(5))
      rest = rest.subarray(9 + length)
    }
    this.#rest = rest
  }

  /** Resolves once the stream has ended. */
  async untilEnded(stream: number): Promise<void> {
    while (!this.ended.includes(stream)) await once(this.socket, 'data')
  }
}

/** More than the kernel takes of it for a client that does not read. */
const LARGE = 12 * 1024 * 1024

const large: ASGIApplication = async (_scope, _receive, send) => {
  await send({ type: 'http.response.start', status: 200 })
  await send({ type: 'http.response.body', body: Buffer.alloc(LARGE) })
}

const small: ASGIApplication = async (_scope, _receive, send) => {
  await send({ type: 'http.response.start', status: 200 })
  await send({ type: 'http.response.body', body: Buffer.from('ok') })
}

const slow: ASGIApplication = async (scope, receive, send) => {
  await setTimeout(700)
  await small(scope, receive, send)
}

describe('a connection of HTTP/2', () => {
  it('gives up on a client that takes nothing of what is on its way', async () => {
    await withServer(large, { timeoutStall: 0.5 }, async ({ server }) => {
      const reader = new Reader(portOf(server))
      reader.socket.write(Buffer.concat([PREFACE, request(1)]))
      await once(reader.socket, 'connect')
      await setTimeout(200)
      await server.close()
      reader.socket.resume()
      await reader.closed
      assert.ok(reader.content < LARGE)
    })
  })

  it('is not idle while a response is on its way', async () => {
    await withServer(large, { timeoutKeepAlive: 1 }, async ({ server }) => {
      const reader = new Reader(portOf(server))
      reader.socket.write(Buffer.concat([PREFACE, request(1)]))
      await setTimeout(2_500)
      reader.socket.resume()
      await reader.untilEnded(1)
      reader.socket.write(request(3))
      await reader.untilEnded(3)
      assert.equal(reader.content, 2 * LARGE)
      await reader.closed
      assert.equal(reader.types.at(-1), GOAWAY)
    })
  })

  for (const [what, bytes] of [
    ['CONTINUATION frames', Buffer.concat(pieces(1).slice(0, 3))],
    ['a frame that does not come to its end', request(1).subarray(0, 12)],
    ['the header of a frame', request(1).subarray(0, 5)],
  ] as const)
    it(`ends when a head takes too long, in ${what}`, async () => {
      await withServer(small, { timeoutHeader: 0.5 }, async ({ server }) => {
        const reader = new Reader(portOf(server))
        reader.socket.resume()
        reader.socket.write(Buffer.concat([PREFACE, bytes]))
        await reader.closed
        assert.equal(reader.error, ENHANCE_YOUR_CALM)
      })
    })

  it('names the last stream that was acted on where it ends (RFC 9113 §6.8)', async () => {
    await withServer(small, { timeoutHeader: 0.5 }, async ({ server }) => {
      const ends = [
        {
          behind: frame(
            PING,
            0,
            1,
            Array.from({ length: 8 }, () => 0),
          ),
          error: PROTOCOL_ERROR,
        },
        { behind: frame(HEADERS, 1, 5, [0x82]), error: ENHANCE_YOUR_CALM },
      ]
      for (const { behind, error } of ends) {
        const reader = new Reader(portOf(server))
        reader.socket.resume()
        reader.socket.write(Buffer.concat([PREFACE, request(1), request(3)]))
        await reader.untilEnded(3)
        reader.socket.write(behind)
        await reader.closed
        assert.deepEqual([reader.last, reader.error], [3, error])
      }
    })
  })

  it('begins with SETTINGS, also where the first stream is to be reset (RFC 9113 §3.4)', async () => {
    await withServer(slow, {}, async ({ server }) => {
      const reader = new Reader(portOf(server))
      reader.socket.resume()
      const most = frame(WINDOW_UPDATE, 0, 1, [0x7f, 0xff, 0xff, 0xff])
      reader.socket.write(Buffer.concat([PREFACE, request(1), most, most]))
      while (!reader.types.includes(RST_STREAM)) await once(reader.socket, 'data')
      assert.equal(reader.types[0], SETTINGS)
      reader.socket.destroy()
    })
  })

  it('names no later stream in a GOAWAY than in the one before', async () => {
    await withServer(slow, {}, async ({ server }) => {
      const reader = new Reader(portOf(server))
      reader.socket.resume()
      reader.socket.write(Buffer.concat([PREFACE, request(1)]))
      await setTimeout(200)
      const closed = server.close()
      while (reader.last === null) await once(reader.socket, 'data')
      assert.equal(reader.last, 1)
      reader.socket.write(
        Buffer.concat([
          request(3),
          frame(
            PING,
            0,
            1,
            Array.from({ length: 8 }, () => 0),
          ),
        ]),
      )
      await reader.closed
      assert.deepEqual([reader.last, reader.error], [1, PROTOCOL_ERROR])
      await closed
    })
  })

  it('gives each head a time of its own', async () => {
    await withServer(small, { timeoutHeader: 1 }, async ({ server }) => {
      const reader = new Reader(portOf(server))
      reader.socket.resume()
      reader.socket.setNoDelay()
      reader.socket.write(PREFACE)
      const [first = '', second = '', third = '', last = ''] = pieces(1)
      reader.socket.write(first)
      await setTimeout(300)
      reader.socket.write(Buffer.concat([Buffer.from(second), Buffer.from(third)]))
      await setTimeout(300)
      const [begun = ''] = pieces(3)
      reader.socket.write(Buffer.concat([Buffer.from(last), Buffer.from(begun)]))
      await reader.untilEnded(1)
      await setTimeout(600)
      reader.socket.write(Buffer.concat(pieces(3).slice(1)))
      await reader.untilEnded(3)
      assert.equal(reader.error, null)
      reader.socket.destroy()
    })
  })

  it('sends its last octets to a client that reads late', async () => {
    const clock = new Clock()
    let written = 0
    const server = createServer({ highWaterMark: 64 * 1024 }, (socket) => {
      const guarded = new GuardedSocket(socket, clock, { stallMs: 60_000, headerMs: 60_000 })
      guarded.on('error', () => {})
      const fill = (): void => {
        if (socket.writableLength > 0) {
          guarded.end()
          return
        }
        written += PIECE.length
        guarded.write(PIECE, () => setImmediate(fill))
      }
      fill()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const socket = createConnection(typeof address === 'object' ? (address?.port ?? 0) : 0)
    socket.pause()
    await setTimeout(3_500)
    let got = 0
    socket.on('data', (bytes: Buffer) => {
      got += bytes.length
    })
    socket.resume()
    await once(socket, 'close')
    server.close()
    clock.stop()
    assert.equal(got, written)
  })

  it('has no room while its client reads nothing, and has some again when it does', async () => {
    const clock = new Clock()
    const connected: GuardedSocket[] = []
    const server = createServer({ highWaterMark: 64 * 1024 }, (socket) => {
      const guarded = new GuardedSocket(socket, clock, { stallMs: 60_000, headerMs: 60_000 })
      guarded.on('error', () => {})
      connected.push(guarded)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const socket = createConnection(typeof address === 'object' ? (address?.port ?? 0) : 0)
    socket.pause()
    while (connected.length === 0) await setTimeout(10)
    const [guarded] = connected
    assert.ok(guarded)
    while (guarded.accepted() === null) {
      guarded.write(PIECE)
      await setTimeout(0)
    }
    const room = guarded.accepted()
    socket.resume()
    await room
    assert.notEqual(guarded.accepted(), room)
    socket.destroy()
    server.close()
    clock.stop()
  })
})
