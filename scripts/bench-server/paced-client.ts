import { connect, type Socket } from 'node:net'

/**
 * Requests at a constant rate, whatever the answers do: `paced-client.js PORT CONNECTIONS SECONDS RATE`.
 * A latency counts from when its request was due, not from when a connection was free for it, so that
 * a server that stalls is charged for all that waited, but not for what waited only because this client was
 * not on its core or collected garbage. Prints p50 and p99 in milliseconds, and the rate.
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
/** Room for all, so that no pause of this client's own is measured. */
const latencies = new Float64Array(Math.ceil(rate * (seconds + WARM_UP_SECONDS)))
let measured = 0
/** All answers have the same length, which the first one tells. */
let answerBytes = 0
let began = 0
let sent = 0
/** When this client last looked for what was due. */
let looked = 0

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
  if (line.due - began > 1000 * WARM_UP_SECONDS) {
    latencies[measured] = performance.now() - line.due
    measured += 1
  }
  idle.push(line)
}

function dueNext(): number {
  return began + (1000 * sent) / rate
}

function turn(): void {
  const now = performance.now()
  if (now - began > 1000 * (seconds + WARM_UP_SECONDS)) {
    finish()
    return
  }
  for (let due = dueNext(); due <= now; due = dueNext()) {
    const line = idle.pop()
    if (line === undefined) break
    line.due = due > looked ? now : due
    line.pending = answerBytes
    sent += 1
    line.socket.write(REQUEST)
  }
  looked = now
  setImmediate(turn)
}

function finish(): void {
  const sorted = latencies.subarray(0, measured).toSorted()
  const at = (share: number): string =>
    (sorted[Math.floor(share * measured)] ?? Number.NaN).toFixed(3)
  process.stdout.write(`${at(0.5)} ${at(0.99)} ${(measured / seconds).toFixed(0)}\n`)
  process.exit(0)
}

await Promise.all(Array.from({ length: connections }, open))
began = performance.now()
turn()
