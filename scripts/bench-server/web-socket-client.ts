import { connect } from 'node:net'

/**
 * Echoes over WebSockets, one message in flight on each: `web-socket-client.js PORT CONNECTIONS SECONDS`.
 * Frames are made once and only counted when they come back, so that the client costs little. Prints
 * the messages a second.
 */
const [port = 0, connections = 1, seconds = 1] = process.argv.slice(2).map(Number)

const PAYLOAD = 64
/** FIN and binary, masked with a key of zeros (RFC 6455 §5.2), which leaves the payload as it is. */
const MESSAGE = Buffer.concat([
  Buffer.from([0x82, 0x80 | PAYLOAD, 0, 0, 0, 0]),
  Buffer.alloc(PAYLOAD),
])
const ECHO_BYTES = 2 + PAYLOAD
const HANDSHAKE = [
  'GET / HTTP/1.1',
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n')

let echoes = 0

function open(): void {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let head: string | null = ''
  let pending = ECHO_BYTES
  socket.write(HANDSHAKE)
  socket.on('data', (bytes: Buffer) => {
    if (head !== null) {
      head += bytes.toString('latin1')
      if (!head.endsWith('\r\n\r\n')) return
      if (!head.startsWith('HTTP/1.1 101')) throw new Error(head)
      head = null
      socket.write(MESSAGE)
      return
    }
    pending -= bytes.length
    if (pending > 0) return
    pending = ECHO_BYTES
    echoes += 1
    socket.write(MESSAGE)
  })
  socket.on('close', () => {
    throw new Error('The server closed a WebSocket.')
  })
}

for (let i = 0; i < connections; i += 1) open()
setTimeout(() => {
  process.stdout.write(`${(echoes / seconds).toFixed(1)}\n`)
  process.exit(0)
}, 1000 * seconds)
