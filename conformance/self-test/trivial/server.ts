import { createServer, type Socket } from 'node:net'
import { isTrivialServer, type TrivialServer } from './trivial-servers.ts'

/** `server.js KIND HOST PORT`: a server that has nothing inside, and must score nothing. */
const [, , kind = '', host = '127.0.0.1', port = '0'] = process.argv
if (!isTrivialServer(kind)) throw new RangeError(`"${kind}" is not a trivial server`)

const serve = behaviour(kind)
createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => socket.destroy())
  socket.on('end', () => socket.end())
  serve(socket)
}).listen(Number(port), host)

function behaviour(id: TrivialServer): (socket: Socket) => void {
  switch (id) {
    case 'mute':
      return (socket) => socket.resume()
    case 'closer':
      return (socket) => socket.end()
    case 'always-400':
      return answering('400 Bad Request')
    case 'always-200':
      return answering('200 OK')
    case 'echo':
      return (socket) => socket.pipe(socket)
  }
}

/** One response to each request head, whatever it says; content is taken for part of the next head. */
function answering(status: string): (socket: Socket) => void {
  const response = `HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nok`
  return (socket) => {
    let heard = ''
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      const heads = (heard + text).split('\r\n\r\n')
      heard = heads.pop() ?? ''
      socket.write(response.repeat(heads.length))
    })
  }
}
