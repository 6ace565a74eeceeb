import type { Socket } from 'node:net'

/**
 * Lets `data` events come at once, without the detour through the socket's buffer, which costs a tenth
 * of a small request: a Readable looks for more after every chunk. While the socket is paused, or
 * holds bytes, it does as ever. Returns what undoes it.
 */
export function readDirectly(socket: Socket): () => void {
  const push = socket.push.bind(socket)
  socket.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (!Buffer.isBuffer(chunk) || socket.readableFlowing !== true || socket.readableLength > 0) {
      return push(chunk, encoding)
    }
    socket.emit('data', chunk)
    return true
  }
  // The method of its class shows again.
  return () => Reflect.deleteProperty(socket, 'push')
}
