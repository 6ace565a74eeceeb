import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { createConnection } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { describe, it } from 'mocha'
import type { ASGIApplication } from '../asgi/application.ts'
import type { Headers } from '../asgi/messages.ts'
import { gate, portOf, withServer } from '../testing/with-server.ts'
import { countFields } from './field-block.ts'
import { FrameReader } from './frame-reader.ts'

const HEADERS = 1
const SETTINGS = 4

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')

function frame(type: number, flags: number, stream: number, payload: string): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, bytes(payload)])
}

/** A literal without indexing (RFC 7541 §6.2.2), of fewer than 127 octets each. */
const literal = ([name, value]: readonly [string, string]): string =>
  `\0${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`

const FIELDS = Object.entries({
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  ':scheme': 'http',
  ':path': '/',
  ':authority': 'a',
  'sec-websocket-version': '13',
})
const CONNECT = FIELDS.map(literal).join('')

const PREFACE = Buffer.concat([
  bytes('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(SETTINGS, 0, 0, ''),
  frame(SETTINGS, 1, 0, ''),
])

/** How many fields the handshake is accepted with, by an application that adds these. */
async function fieldsWith(headers: Headers): Promise<number | null> {
  const accepting: ASGIApplication = async (_scope, receive, send) => {
    await receive()
    await send({ type: 'websocket.accept', headers })
    await send({ type: 'websocket.send', text: 'hello' })
  }
  let count: number | null = null
  await withServer(accepting, {}, async ({ server }) => {
    const socket = createConnection(portOf(server), '127.0.0.1')
    socket.write(Buffer.concat([PREFACE, frame(HEADERS, 4, 1, CONNECT)]))
    const reader = new FrameReader(0, [HEADERS])
    while (count === null) {
      const [chunk]: unknown[] = await once(socket, 'data')
      assert.ok(Buffer.isBuffer(chunk))
      const head = reader.read(chunk).frames.find(({ type }) => type === HEADERS)
      if (head !== undefined) count = countFields(head.payload)
    }
    socket.destroy()
  })
  return count
}

describe('a WebSocket over HTTP/2', () => {
  it('has no content-length (RFC 9110 §9.3.6)', async () => {
    const plain = await fieldsWith([])
    assert.equal(await fieldsWith([[bytes('content-length'), bytes('3')]]), plain)
    assert.notEqual(await fieldsWith([[bytes('x-a'), bytes('3')]]), plain)
  })

  for (const when of ['with its handshake', 'in the middle of the answer'] as const) {
    it(`is denied as a whole for a client that ends its side ${when}`, async () => {
      const [begun, ended] = [gate<null>(), gate<null>()]
      const denying: ASGIApplication = async (_scope, receive, send) => {
        await receive()
        await send({ type: 'websocket.http.response.start', status: 401 })
        await send({ type: 'websocket.http.response.body', body: bytes('no'), more_body: true })
        begun.pass(null)
        await ended.passed
        await setTimeout(200)
        await send({ type: 'websocket.http.response.body', body: bytes('pe') })
      }
      await withServer(denying, {}, async ({ server }) => {
        const session = connect(server.url)
        await once(session, 'remoteSettings')
        const endStream = when === 'with its handshake'
        const stream = session.request(Object.fromEntries(FIELDS), { endStream })
        let text = ''
        stream.on('data', (piece: Buffer) => {
          text += piece.toString()
        })
        await begun.passed
        if (!endStream) stream.end()
        ended.pass(null)
        await once(stream, 'end')
        assert.equal(text, 'nope')
        session.destroy()
      })
    })
  }
})
