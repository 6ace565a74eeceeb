import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { deflateRawSync } from 'node:zlib'
import { afterEach, before, describe, it } from 'mocha'
import { APP } from '../testing/configured.ts'
import { RawClient } from '../testing/raw-client.ts'
import { ServeProcess } from '../testing/serve-process.ts'
import { WebSocketClient } from '../testing/web-socket-client.ts'

const MIB = 1024 * 1024
const HEAD = 'GET / HTTP/1.1\r\nHost: a\r\n'
/** What a process may grow by that holds nothing of an attack: heap that is not collected yet. */
const SLACK = 48 * MIB

/** A server that takes nothing for so long has stopped reading. */
const QUIET_MS = 5_000

/** In so long, answers that nobody holds back come to gigabytes. */
const FLOOD_MS = 2_000

const servers: ServeProcess[] = []
const clients: Socket[] = []

interface Victim {
  readonly port: number
  /** Resident memory since the attack began, in bytes. */
  readonly growth: () => number
  /** Another client's request is answered. */
  readonly servesOthers: () => Promise<void>
}

async function victim(...args: readonly string[]): Promise<Victim> {
  const server = new ServeProcess([`${APP}:app`, '--port', '0', ...args])
  servers.push(server)
  const port = Number(new URL(await server.url()).port)
  const pid = server.child.pid ?? 0
  const servesOthers = async (): Promise<void> => {
    const client = await RawClient.connect(port)
    clients.push(client.socket)
    client.send(`${HEAD}Connection: close\r\n\r\n`)
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 200/)
  }
  for (let i = 0; i < 20; i += 1) await servesOthers()
  const initial = residentBytes(pid)
  return { port, growth: () => residentBytes(pid) - initial, servesOthers }
}

function residentBytes(pid: number): number {
  const pages = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]
  return Number(pages) * 4096
}

/** Connections that send this much and read nothing of the answer. */
async function deaf(port: number, count: number, text: string): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'))
  clients.push(...sockets)
  await Promise.all(
    sockets.map(async (socket) => {
      socket.on('error', () => {})
      await once(socket, 'connect')
      socket.pause()
      socket.write(text)
    }),
  )
  return sockets
}

/** Writes the same again and again until the server ends the connection, or takes no more of it. */
async function pour(socket: Socket, piece: Buffer, most: number): Promise<number> {
  let poured = 0
  socket.setMaxListeners(0)
  while (poured < most && !socket.destroyed && socket.writable) {
    poured += piece.length
    if (socket.write(piece)) continue
    const drained = await Promise.race([
      once(socket, 'drain').then(() => true),
      once(socket, 'close').then(() => false),
      setTimeout(QUIET_MS, false),
    ]).catch(() => false)
    if (!drained) break
  }
  return poured
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  for (const server of servers.splice(0)) await server.kill()
})

describe('memory stays bounded, and others are served, against', function () {
  this.timeout(60_000)
  before(function () {
    if (process.platform !== 'linux') this.skip()
  })

  it('slowloris: hundreds of heads that trickle in', async () => {
    const { port, growth, servesOthers } = await victim('--timeout-header', '2')
    const attackers = await Promise.all(Array.from({ length: 300 }, () => RawClient.connect(port)))
    clients.push(...attackers.map(({ socket }) => socket))
    for (const attacker of attackers) attacker.send(HEAD)
    const trickle = setInterval(() => {
      for (const attacker of attackers) attacker.send('X: y\r\n')
    }, 200)
    await servesOthers()
    for (const attacker of attackers) assert.match(await attacker.untilEnd(), /^HTTP\/1\.1 408/)
    clearInterval(trickle)
    await servesOthers()
    assert.ok(growth() < SLACK, `${growth()} bytes`)
  })

  it('slow read: dozens of answers without end that nobody reads', async () => {
    const { port, growth, servesOthers } = await victim()
    await deaf(port, 60, 'GET /flood HTTP/1.1\r\nHost: a\r\n\r\n')
    for (let i = 0; i < 20; i += 1) await servesOthers()
    // What the clients' windows took is garbage by now, collected or not: only what comes after it is held.
    const filled = growth()
    await setTimeout(FLOOD_MS)
    await servesOthers()
    assert.ok(growth() - filled < SLACK / 4, `${filled}, then ${growth()} bytes`)
  })

  it('requests without end whose answers nobody reads', async () => {
    const { port, growth, servesOthers } = await victim()
    const [socket] = await deaf(port, 1, '')
    assert.ok(socket !== undefined)
    const poured = await pour(socket, Buffer.from(`${HEAD}\r\n`.repeat(2000)), 256 * MIB)
    assert.ok(poured < 256 * MIB, 'the server went on reading')
    await servesOthers()
    assert.ok(growth() < SLACK, `${growth()} bytes`)
  }).timeout(60_000)

  it('requests without end behind one whose application waits for the disconnect', async () => {
    const { port, growth, servesOthers } = await victim()
    const [socket] = await deaf(port, 1, 'GET /watch HTTP/1.1\r\nHost: a\r\n\r\n')
    assert.ok(socket !== undefined)
    const poured = await pour(socket, Buffer.from(`${HEAD}\r\n`.repeat(2000)), 256 * MIB)
    assert.ok(poured < 256 * MIB, 'the server went on reading')
    await servesOthers()
    assert.ok(growth() < SLACK, `${growth()} bytes`)
  }).timeout(60_000)

  for (const [what, begin, piece, status] of [
    ['a header flood: fields without end', HEAD, 'X: y\r\n'.repeat(100), 431],
    ['a field line without end', `${HEAD}X: `, 'y'.repeat(10_000), 431],
    ['a request line without end', 'GET /', 'a'.repeat(10_000), 414],
    [
      'chunk extensions without end',
      'POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1',
      ';a="b"'.repeat(1000),
      413,
    ],
    [
      'trailers without end',
      'POST /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n',
      'X: y\r\n'.repeat(1000),
      431,
    ],
  ] as const) {
    it(`${what} (${status})`, async () => {
      const { port, growth, servesOthers } = await victim()
      const client = await RawClient.connect(port)
      clients.push(client.socket)
      client.send(begin)
      const poured = pour(client.socket, Buffer.from(piece), 64 * MIB)
      // Whoever goes on sending after the answer may lose it to the reset that ends the connection.
      assert.match(await client.untilEnd(), new RegExp(`^(HTTP/1\\.1 ${status}|$)`))
      assert.ok((await poured) < 64 * MIB)
      await servesOthers()
      assert.ok(growth() < SLACK, `${growth()} bytes`)
    })
  }

  it('a connection flood: thousands that say nothing', async () => {
    const { port, growth, servesOthers } = await victim()
    for (let i = 0; i < 20; i += 1) await deaf(port, 100, '')
    await servesOthers()
    assert.ok(growth() < SLACK, `${growth()} bytes`)
  })

  it('a compression bomb: a message that is a thousand times its size', async () => {
    const { port, growth, servesOthers } = await victim()
    const socket = await openWebSocket(port, 'Sec-WebSocket-Extensions: permessage-deflate\r\n')
    const bomb = deflateRawSync(Buffer.alloc(512 * MIB))
    socket.write(Buffer.concat([frameHead(0xc2, bomb.length), bomb]))
    const answer: Buffer[] = []
    socket.on('data', (bytes: Buffer) => answer.push(bytes))
    const refusal = Buffer.from([0x88, 2, 1009 >> 8, 1009 & 255])
    // A server that takes its time sends a Ping first.
    while (!Buffer.concat(answer).includes(refusal)) await once(socket, 'data')
    await servesOthers()
    assert.ok(growth() < SLACK + 16 * MIB, `${growth()} bytes`)
  }).timeout(60_000)

  it('pings without end whose pongs nobody reads', async () => {
    const { port, growth, servesOthers } = await victim()
    const socket = await openWebSocket(port, '')
    socket.pause()
    const ping = Buffer.concat([frameHead(0x89, 100), Buffer.alloc(100)])
    await pour(socket, Buffer.concat(Array.from({ length: 600 }, () => ping)), 256 * MIB)
    await servesOthers()
    assert.ok(growth() < SLACK, `${growth()} bytes`)
  }).timeout(60_000)

  it('messages that the application does not take', async () => {
    const { port, growth, servesOthers } = await victim()
    const client = new WebSocketClient(port, [], false, '/idle')
    await client.opened()
    for (let i = 0; i < 128; i += 1) client.raw.send(Buffer.alloc(MIB))
    for (let i = 0; i < 20; i += 1) await servesOthers()
    assert.ok(client.raw.bufferedAmount > 64 * MIB)
    assert.ok(growth() < SLACK, `${growth()} bytes`)
    client.raw.terminate()
  })
})

/** A WebSocket by hand, past its handshake. */
async function openWebSocket(port: number, fields: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  clients.push(socket)
  socket.on('error', () => {})
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${fields}` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  const [head] = await once(socket, 'data')
  assert.match(String(head), /^HTTP\/1\.1 101/)
  return socket
}

/** RFC 6455 §5.2, masked with zeros, which leave the payload as it is. */
function frameHead(first: number, length: number): Buffer {
  const head = length < 126 ? Buffer.alloc(2) : Buffer.alloc(10)
  head[0] = first
  head[1] = 0x80 | (length < 126 ? length : 127)
  if (length >= 126) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, Buffer.alloc(4)])
}
