import { once } from 'node:events'
import { connect } from 'node:net'

/**
 * Opens connections, sends one request on each and keeps them: `idle-client.js PORT CONNECTIONS`.
 * Prints `ready` once all were answered, and stays until it is killed.
 */
const [port = 0, connections = 1] = process.argv.slice(2).map(Number)

/** As many at once as any backlog takes. */
const AT_ONCE = 100

async function open(): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await once(socket, 'data')
  socket.on('close', () => {
    throw new Error('The server closed an idle connection.')
  })
}

for (let opened = 0; opened < connections; opened += AT_ONCE) {
  const batch = Math.min(AT_ONCE, connections - opened)
  await Promise.all(Array.from({ length: batch }, open))
}
process.stdout.write('ready\n')
