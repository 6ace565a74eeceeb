import { ProtocolError } from '../http1/errors.ts'
import { DEFAULT_LIMITS, type RequestLimits } from '../http1/limits.ts'
import { Http1Machine } from '../http1/machine.ts'
import type { RequestHead } from '../http1/request-head.ts'

/** What one request came to, in comparable form. */
export interface TracedRequest {
  readonly method: string
  readonly path: string
  readonly rawPath: string
  readonly query: string
  readonly version: string
  readonly headers: readonly (readonly [string, string])[]
  readonly keepAlive: boolean
  body: string
  complete: boolean
}

export interface Trace {
  readonly requests: readonly TracedRequest[]
  /** Status of the refusal, null when nothing was refused. */
  readonly refused: number | null
  /** The client ended the stream where it may. */
  readonly closed: boolean
}

const OK = {
  status: 200,
  headers: [],
  added: [],
  framing: 'none',
  close: false,
  ends: false,
  keepAlive: false,
  omit: null,
} as const

/** Feeds the pieces, answers every complete request, and tells what the machine made of them. */
export function traceOf(
  pieces: readonly Uint8Array[],
  end = false,
  limits: RequestLimits = DEFAULT_LIMITS,
): Trace {
  const machine = new Http1Machine(limits, { write: () => {}, writeParts: () => {} })
  const requests: TracedRequest[] = []
  let refused: number | null = null
  let closed = false
  try {
    for (const piece of pieces) {
      machine.feed(Buffer.from(piece))
      closed = advance(machine, requests)
    }
    if (end) {
      machine.feedEnd()
      closed = advance(machine, requests)
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    refused = error.status
  }
  return { requests, refused, closed }
}

/** True when the stream ended; stops early when bytes are missing. */
function advance(machine: Http1Machine, requests: TracedRequest[]): boolean {
  while (true) {
    const event = machine.next()
    switch (event.type) {
      case 'request':
        requests.push(traced(event))
        break
      case 'data': {
        const current = requests.at(-1)
        if (current !== undefined) current.body += Buffer.from(event.bytes).toString('latin1')
        break
      }
      case 'end': {
        const current = requests.at(-1)
        if (current !== undefined) current.complete = true
        machine.respond(OK, 0)
        machine.body(new Uint8Array(0), true)
        break
      }
      case 'closed':
        return true
      case 'need-data':
      case 'paused':
        return false
    }
  }
}

function traced(head: RequestHead): TracedRequest {
  return {
    method: head.method,
    path: head.path,
    rawPath: Buffer.from(head.rawPath).toString('latin1'),
    query: Buffer.from(head.queryString).toString('latin1'),
    version: head.version,
    headers: head.headers.map(([name, value]) => [
      Buffer.from(name).toString('latin1'),
      Buffer.from(value).toString('latin1'),
    ]),
    keepAlive: head.keepAlive,
    body: '',
    complete: false,
  }
}

/** Cuts bytes at the given offsets, which may be in any order and out of range. */
export function cutAt(bytes: Uint8Array, offsets: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(offsets.map((offset) => offset % (bytes.length + 1)))]
  cuts.sort((a, b) => a - b)
  const pieces: Uint8Array[] = []
  let from = 0
  for (const cut of [...cuts, bytes.length]) {
    if (cut > from) pieces.push(bytes.subarray(from, cut))
    from = Math.max(from, cut)
  }
  return pieces
}

/** One byte at a time. */
export function eachByte(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_, index) => bytes.subarray(index, index + 1))
}
