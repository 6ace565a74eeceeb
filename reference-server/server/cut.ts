import type { Socket } from 'node:net'

/**
 * Ends a connection so that nobody takes what has arrived of a message for all of it: content that ends with
 * the connection would look complete if the connection ended in order (RFC 9112 §8).
 */
export function cut(socket: Socket): void {
  try {
    socket.resetAndDestroy()
  } catch {
    // Only TCP knows resets. TLS shows by its missing close_notify that something is missing (RFC 9112 §9.8).
  }
  // A reset alone would wait until what was written has left.
  socket.destroy()
}
