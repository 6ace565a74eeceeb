import { once } from 'node:events'
import { connect } from 'node:net'
import { Duplex } from 'node:stream'

/** One record as it crossed the wire (RFC 8446 §5.1): its type and the length of what it holds. */
export interface TlsRecord {
  readonly type: number
  readonly length: number
}

const ALERT = 21
const APPLICATION_DATA = 23
/** What TLS 1.3 makes of an alert: its two bytes, its true type, and the tag of the cipher. */
const HIDDEN_ALERT_LENGTH = 2 + 1 + 16

/** Whether the record is an alert; a hidden one is told by its length, which no content must have. */
export function isAlert({ type, length }: TlsRecord): boolean {
  return type === ALERT || (type === APPLICATION_DATA && length === HIDDEN_ALERT_LENGTH)
}

/** A TCP connection that notes every record of the server on its way to whoever decrypts it. */
export async function watchedConnection(
  host: string,
  port: number,
  note: (record: TlsRecord) => void,
): Promise<Duplex> {
  const socket = connect({ host, port, noDelay: true, allowHalfOpen: true })
  await once(socket, 'connect')
  const split = splitter(note)
  const watched = new Duplex({
    read: () => socket.resume(),
    write: (bytes, _encoding, done) => socket.write(bytes, done),
    final: (done) => socket.end(done),
    destroy: (error, done) => {
      socket.destroy()
      done(error)
    },
  })
  socket.on('data', (bytes: Buffer) => {
    split(bytes)
    if (!watched.push(bytes)) socket.pause()
  })
  socket.on('end', () => watched.push(null))
  socket.on('error', (error) => watched.destroy(error))
  return watched
}

function splitter(note: (record: TlsRecord) => void): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (bytes) => {
    rest = Buffer.concat([rest, bytes])
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt16BE(3)) {
      const length = rest.readUInt16BE(3)
      note({ type: rest.readUInt8(0), length })
      rest = rest.subarray(5 + length)
    }
  }
}
