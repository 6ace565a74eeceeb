import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer, type Server as NetServer } from 'node:net'
import { WebSocketServer } from 'ws'

/**
 * One of the yardsticks that Node.js itself offers, as a process: `node node-peer.js KIND [KEY CERT]`.
 * `canned` parses nothing; `hello` and `echo` are node:http (with the WebSockets of `ws`). Prints its port.
 */
const [kind = '', key, cert] = process.argv.slice(2)

const CANNED = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 13\r\n\r\nHello, world!',
)

const hello: RequestListener = (_request, response) => {
  response.setHeader('content-type', 'text/plain')
  response.setHeader('content-length', '13')
  response.end('Hello, world!')
}

const echo: RequestListener = (request, response) => {
  response.setHeader('content-type', 'application/octet-stream')
  const length = request.headers['content-length']
  if (length !== undefined) response.setHeader('content-length', length)
  request.pipe(response)
}

function canned(): NetServer {
  return createServer({ noDelay: true }, (socket) => {
    socket.on('data', () => socket.write(CANNED))
    socket.on('error', () => socket.destroy())
  })
}

function serving(listener: RequestListener): Server {
  return key === undefined || cert === undefined
    ? createHttpServer({ keepAliveTimeout: 60_000 }, listener)
    : createHttpsServer({ key: readFileSync(key), cert: readFileSync(cert) }, listener)
}

const server = kind === 'canned' ? canned() : serving(kind === 'echo' ? echo : hello)
if (kind === 'echo') {
  new WebSocketServer({ server }).on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
}
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address !== null) process.stdout.write(`${address.port}\n`)
})
