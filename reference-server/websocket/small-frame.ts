/** What fits a frame with a length of two bytes, and is cheaper to copy than to send in two pieces. */
const MOST_BYTES = 8 * 1024

/**
 * A whole message as one frame in one piece (RFC 6455 §5.2): final, not masked, not compressed. Null
 * for a message that is better sent behind its head than copied.
 */
export function smallFrame(data: string | Uint8Array): Buffer | null {
  const isText = typeof data === 'string'
  const length = isText ? Buffer.byteLength(data) : data.length
  if (length > MOST_BYTES) return null
  const start = length < 126 ? 2 : 4
  const frame = Buffer.allocUnsafe(start + length)
  frame[0] = isText ? 0x81 : 0x82
  if (start === 2) frame[1] = length
  else {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  }
  if (isText) frame.write(data, start)
  else frame.set(data, start)
  return frame
}
