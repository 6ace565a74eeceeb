import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { afterEach, describe, it } from 'mocha'
import { freePort } from '../testing/configured.ts'
import { DirectReads } from './direct-reads.ts'

const MIB = 1024 * 1024

/** What one connection received, as it was handed out: nothing is copied. */
interface Received {
  readonly pieces: Buffer[]
  readonly socket: Socket
  readonly reads: DirectReads
}

const servers: Server[] = []

/** Takes connections that each carry `length` bytes, of which `declared` are expected. */
async function listen(declared: number): Promise<{ port: number; received: Received[] }> {
  const received: Received[] = []
  const server = createServer((socket) => {
    const pieces: Buffer[] = []
    const arrived = (): number => pieces.reduce((sum, { length }) => sum + length, 0)
    const reads = new DirectReads(socket, () => Math.max(0, declared - arrived()))
    socket.on('data', (piece: Buffer) => pieces.push(piece))
    received.push({ pieces, socket, reads })
  })
  servers.push(server)
  const port = await freePort()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { port, received }
}

async function sent(port: number, content: Buffer): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.end(content)
  socket.resume()
  await once(socket, 'close')
}

/** Each content arrived whole, on one connection. */
function assertReceived(received: readonly Received[], contents: readonly Buffer[]): void {
  const arrived = received.map(({ pieces }) => Buffer.concat(pieces).toString('latin1'))
  assert.deepEqual(new Set(arrived), new Set(contents.map((content) => content.toString('latin1'))))
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

describe('direct reads', () => {
  for (const [what, declared] of [
    ['whose length is known', 3 * MIB],
    ['of unknown length', 0],
    ['of which the first half is expected', 1.5 * MIB],
  ] as const) {
    it(`large contents ${what} stay as they came, on many connections at once`, async () => {
      const { port, received } = await listen(declared)
      const contents = Array.from({ length: 12 }, () => randomBytes(3 * MIB))
      await Promise.all(contents.map((content) => sent(port, content)))
      assertReceived(received, contents)
    })
  }

  it('small contents of many connections stay as they came', async () => {
    const { port, received } = await listen(0)
    const contents = Array.from({ length: 400 }, (_, index) => randomBytes(1 + 37 * index))
    await Promise.all(contents.map((content) => sent(port, content)))
    assertReceived(received, contents)
  })

  it('what comes while the socket is paused comes when it goes on', async () => {
    const { port, received } = await listen(2 * MIB)
    const content = randomBytes(2 * MIB)
    const done = sent(port, content)
    while (received[0] === undefined) await setTimeout(1)
    const { socket } = received[0]
    for (let i = 0; i < 20; i += 1) {
      socket.pause()
      await setTimeout(2)
      socket.resume()
      await setTimeout(2)
    }
    await done
    assertReceived(received, [content])
  })

  it('a large content that is expected comes in long pieces', async () => {
    const { port, received } = await listen(8 * MIB)
    await sent(port, randomBytes(8 * MIB))
    const longest = Math.max(...(received[0]?.pieces ?? []).map(({ length }) => length))
    assert.ok(longest > 65_536, `${longest} bytes`)
  })

  it('a socket that was released is read as any other', async () => {
    const { port, received } = await listen(0)
    const content = randomBytes(MIB)
    const socket = connect(port, '127.0.0.1')
    socket.write(content.subarray(0, 100))
    while (received[0]?.pieces.length !== 1) await setTimeout(1)
    received[0].reads.release()
    socket.end(content.subarray(100))
    socket.resume()
    await once(socket, 'close')
    assertReceived(received, [content])
  })
})
