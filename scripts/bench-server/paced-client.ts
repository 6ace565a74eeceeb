import { connect, type Socket } from 'node:net'

/**
 * Requests at a constant rate, whatever the answers do: `paced-client.js PORT CONNECTIONS SECONDS RATE`.
 * A latency counts from when its request was due, not from when a connection was free for it, so that
 * a server that stalls is charged for all that waited. Prints p50 and p99 in milliseconds, and the rate.
 */
const [port = 0, connections = 1, seconds = 1, rate = 1] = process.argv.slice(2).map(Number)

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
const WARM_UP_SECONDS = 2

interface Line {
  readonly socket: Socket
  /** When the request in flight was due. */
  due: number
  /** Bytes of the answer that are missing. */
  pending: number
}

const idle: Line[] = []
const latencies: number[] = []
/** All answers have the same length, which the first one tells. */
let answerBytes = 0
let began = 0
let sent = 0

function open(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const line: Line = { socket, due: 0, pending: 0 }
    socket.write(REQUEST)
    socket.once('data', (first: Buffer) => {
      answerBytes = first.length
      idle.push(line)
      socket.on('data', (bytes: Buffer) => answered(line, bytes.length))
      resolve()
    })
    socket.on('close', () => {
      throw new Error('The server closed a connection.')
    })
  })
}

function answered(line: Line, bytes: number): void {
  line.pending -= bytes
  if (line.pending > 0) return
  if (line.due - began > 1000 * WARM_UP_SECONDS) latencies.push(performance.now() - line.due)
  idle.push(line)
}

function turn(): void {
  const now = performance.now()
  if (now - began > 1000 * (seconds + WARM_UP_SECONDS)) {
    finish()
    return
  }
  while (began + (1000 * sent) / rate <= now) {
    const line = idle.pop()
    if (line === undefined) break
    line.due = began + (1000 * sent) / rate
    line.pending = answerBytes
    sent += 1
    line.socket.write(REQUEST)
  }
  setImmediate(turn)
}

function finish(): void {
  latencies.sort((a, b) => a - b)
  const at = (share: number): string =>
    (latencies[Math.floor(share * latencies.length)] ?? Number.NaN).toFixed(3)
  process.stdout.write(`${at(0.5)} ${at(0.99)} ${(latencies.length / seconds).toFixed(0)}\n`)
  process.exit(0)
}

await Promise.all(Array.from({ length: connections }, open))
began = performance.now()
turn()
