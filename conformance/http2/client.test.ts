import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { after, before, describe, it } from 'mocha'
import { Channel } from '../testers/channel.ts'
import { WireConnection } from '../testers/wire.ts'
import { Http2Client } from './client.ts'
import { encodeFrame, FRAME, type Frame, headerFrames } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { ResponseAssembly } from './response-assembly.ts'

describe('the client of HTTP/2', () => {
  let server: Http2Server
  let port: number

  before(async () => {
    server = createServer()
    // Whatever comes is sent back, with trailers.
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200, 'x-one': '1' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '2' }))
      stream.pipe(stream)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = portOf(server.address())
  })

  after(() => {
    server.close()
  })

  async function connect(): Promise<Http2Client> {
    const wire = await WireConnection.open('127.0.0.1', port)
    const client = new Http2Client(new Channel(wire, 'test', false))
    client.greet()
    await client.until(() => client.acknowledged > 0)
    return client
  }

  it('carries contents beyond every window both ways, on two streams at once', async () => {
    const client = await connect()
    const content = Buffer.alloc(300_000, 'abc')
    const streams = [client.stream('POST'), client.stream('POST')]
    for (const { id } of streams) {
      const fields = [
        [':method', 'POST'],
        [':scheme', 'http'],
        [':authority', 'a'],
        [':path', '/'],
      ] as const
      client.sendFields(id, fields, { endStream: false, cuts: [5] })
    }
    await Promise.all(streams.map((stream) => client.sendContent(stream, content, true)))
    for (const stream of streams) {
      const response = await stream.answered
      assert.equal(response?.status, 200)
      assert.ok(response.body.equals(content))
      assert.deepEqual(response.trailers, [['x-sum', '2']])
      assert.deepEqual([response.complete, response.defects], [true, []])
    }
    assert.deepEqual(client.defects, [])
    client.channel.wire.close()
  })
})

const anyFrame: fc.Arbitrary<Frame> = fc
  .record({
    type: fc.nat(9),
    flags: fc.nat(255),
    stream: fc.nat(1000),
    payload: fc.uint8Array({ maxLength: 40 }),
  })
  .map((frame) => ({ ...frame, payload: Buffer.from(frame.payload) }))

describe('the reader of frames', () => {
  it('reads the same frames from the same bytes, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(anyFrame), fc.integer({ min: 1, max: 30 }), (frames, size) => {
        const bytes = Buffer.concat(frames.map(encodeFrame))
        const reader = new FrameReader()
        const read: Frame[] = []
        for (let at = 0; at < bytes.length; at += size)
          read.push(...reader.push(bytes.subarray(at, at + size)))
        assert.deepEqual(read, frames)
      }),
    )
  })

  it('cuts a field block into HEADERS and CONTINUATION, the last of which ends it', () => {
    const frames = headerFrames(1, Buffer.alloc(10), true, [3, 7])
    assert.deepEqual(
      frames.map(({ type, flags, payload }) => [type, flags, payload.length]),
      [
        [FRAME.headers, 1, 3],
        [FRAME.continuation, 0, 4],
        [FRAME.continuation, 4, 3],
      ],
    )
  })
})

/** Frames of a response that break RFC 9113 §8, and the clause that says so. */
const DEFECTS: Readonly<Record<string, (response: ResponseAssembly) => void>> = {
  'wire/rfc9113/status-pseudo-header': (response) => response.headers([['x-one', '1']], true),
  'wire/rfc9113/names-lowercase': (response) =>
    response.headers(
      [
        [':status', '200'],
        ['X-One', '1'],
      ],
      true,
    ),
  'wire/rfc9113/no-connection-fields-sent': (response) =>
    response.headers(
      [
        [':status', '200'],
        ['connection', 'close'],
      ],
      true,
    ),
  'wire/rfc9113/response-framing': (response) => response.data(Buffer.from('x'), true),
  'wire/rfc9113/trailers-end-stream': (response) => {
    response.headers([[':status', '200']], false)
    response.headers([['x-sum', '1']], false)
  },
  'wire/rfc9113/response-content-length': (response) =>
    response.headers(
      [
        [':status', '200'],
        ['content-length', '3'],
      ],
      true,
    ),
}

describe('the assembly of a response', () => {
  for (const [clause, breakIt] of Object.entries(DEFECTS)) {
    it(`notes ${clause}`, () => {
      const response = new ResponseAssembly('GET')
      breakIt(response)
      assert.deepEqual(
        response.defects.map((defect) => defect.clause),
        [clause],
      )
    })
  }
})

function portOf(address: AddressInfo | string | null): number {
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}
