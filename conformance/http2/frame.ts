/** RFC 9113 §6: what a frame is for. */
export const FRAME = {
  data: 0x0,
  headers: 0x1,
  priority: 0x2,
  rstStream: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  ping: 0x6,
  goaway: 0x7,
  windowUpdate: 0x8,
  continuation: 0x9,
} as const

export const FLAG = {
  /** Of SETTINGS and PING. */
  ack: 0x1,
  /** Of DATA and HEADERS. */
  endStream: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const

/** RFC 9113 §6.5.2; the last one is RFC 8441 §3. */
export const SETTING = {
  headerTableSize: 0x1,
  enablePush: 0x2,
  maxConcurrentStreams: 0x3,
  initialWindowSize: 0x4,
  maxFrameSize: 0x5,
  maxHeaderListSize: 0x6,
  enableConnectProtocol: 0x8,
} as const

/** RFC 9113 §7. */
export const ERROR = {
  none: 0x0,
  protocol: 0x1,
  internal: 0x2,
  flowControl: 0x3,
  streamClosed: 0x5,
  frameSize: 0x6,
  refusedStream: 0x7,
  cancel: 0x8,
  compression: 0x9,
} as const

/** RFC 9113 §3.4: what a client sends before its first frame. */
export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

export const FRAME_HEADER_BYTES = 9

/** Bytes of payload that every peer takes (RFC 9113 §4.2), and the window before any update (§6.9.2). */
export const DEFAULT_FRAME_SIZE = 16_384
export const DEFAULT_WINDOW = 65_535
/** RFC 9113 §6.9.1: beyond it a window is an error. */
export const LARGEST_WINDOW: number = 2 ** 31 - 1

export interface Frame {
  readonly type: number
  readonly flags: number
  /** 0: of the connection. */
  readonly stream: number
  readonly payload: Buffer
}

/** Nothing is corrected: a tester must be able to break the rules. */
export function encodeFrame({ type, flags, stream, payload }: Frame): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES)
  header.writeUIntBE(payload.length, 0, 3)
  header.writeUInt8(type, 3)
  header.writeUInt8(flags, 4)
  header.writeUInt32BE(stream, 5)
  return Buffer.concat([header, payload])
}

/** What its header has no meaning for (RFC 9113 §4.1): the bit before the stream, and flags of no frame of this type. */
export interface Stray {
  readonly bit: boolean
  readonly flags: boolean
}

const RESERVED_BIT = 0x8000_0000

/** The same frame to whoever ignores what has no meaning. */
export function strayed(frame: Frame, { bit, flags }: Stray): Frame {
  const unused = 0xff & ~(DEFINED.get(frame.type) ?? 0)
  return {
    ...frame,
    flags: flags ? frame.flags | unused : frame.flags,
    stream: bit ? frame.stream + RESERVED_BIT : frame.stream,
  }
}

/** By the type of the frame, all flags that it defines. */
const DEFINED: ReadonlyMap<number, number> = new Map([
  [FRAME.data, FLAG.endStream | FLAG.padded],
  [FRAME.headers, FLAG.endStream | FLAG.endHeaders | FLAG.padded | FLAG.priority],
  [FRAME.settings, FLAG.ack],
  [FRAME.ping, FLAG.ack],
  [FRAME.continuation, FLAG.endHeaders],
])

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Frame {
  const payload = Buffer.alloc(6 * settings.length)
  for (const [index, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, 6 * index)
    payload.writeUInt32BE(value, 6 * index + 2)
  }
  return { type: FRAME.settings, flags: 0, stream: 0, payload }
}

export const SETTINGS_ACK: Frame = {
  type: FRAME.settings,
  flags: FLAG.ack,
  stream: 0,
  payload: Buffer.alloc(0),
}

export function pingFrame(payload: Buffer, flags = 0): Frame {
  return { type: FRAME.ping, flags, stream: 0, payload }
}

export function windowUpdate(stream: number, increment: number): Frame {
  return { type: FRAME.windowUpdate, flags: 0, stream, payload: number32(increment) }
}

export function resetStream(stream: number, code: number): Frame {
  return { type: FRAME.rstStream, flags: 0, stream, payload: number32(code) }
}

export function goAway(lastStream: number, code: number): Frame {
  const payload = Buffer.concat([number32(lastStream), number32(code)])
  return { type: FRAME.goaway, flags: 0, stream: 0, payload }
}

/** RFC 9113 §6.6: of a request on the stream that is promised. */
export function promiseFrame(stream: number, promised: number, block: Buffer): Frame {
  const payload = Buffer.concat([number32(promised), block])
  return { type: FRAME.pushPromise, flags: FLAG.endHeaders, stream, payload }
}

/** `padding`: bytes of padding, which count against the window; null: no padding field at all. */
export function dataFrame(
  stream: number,
  content: Buffer,
  endStream: boolean,
  padding: number | null = null,
): Frame {
  const flags = (endStream ? FLAG.endStream : 0) | (padding === null ? 0 : FLAG.padded)
  const payload =
    padding === null ? content : Buffer.concat([Buffer.of(padding), content, Buffer.alloc(padding)])
  return { type: FRAME.data, flags, stream, payload }
}

/** What a HEADERS frame may hold beside its part of the field block (RFC 9113 §6.2). */
export interface HeadersExtras {
  /** Bytes of padding; null: no padding field at all. */
  readonly padding: number | null
  /** The deprecated signal of priority (§5.3): none, in the HEADERS, or in a frame of its own before it. */
  readonly priority: 'none' | 'field' | 'frame'
}

export const NO_EXTRAS: HeadersExtras = { padding: null, priority: 'none' }

/** Exclusive or not, the stream depended on, and the weight less one: here none, and sixteen. */
const PRIORITY = Buffer.from([0, 0, 0, 0, 15])

/** A field block in one HEADERS frame and as many CONTINUATION frames as there are cuts. */
export function headerFrames(
  stream: number,
  block: Buffer,
  endStream: boolean,
  cuts: readonly number[] = [],
  extras: HeadersExtras = NO_EXTRAS,
): Frame[] {
  const edges = [0, ...cuts.filter((cut) => cut > 0 && cut < block.length), block.length]
  const frames = edges.slice(1).map((end, index) => ({
    type: index === 0 ? FRAME.headers : FRAME.continuation,
    flags:
      (index === 0 && endStream ? FLAG.endStream : 0) |
      (index === edges.length - 2 ? FLAG.endHeaders : 0),
    stream,
    payload: block.subarray(edges[index], end),
  }))
  const [first, ...rest] = frames
  if (first === undefined) return frames
  const before = { type: FRAME.priority, flags: 0, stream, payload: PRIORITY }
  return [...(extras.priority === 'frame' ? [before] : []), withExtras(first, extras), ...rest]
}

function withExtras(frame: Frame, { padding, priority }: HeadersExtras): Frame {
  const prioritised = priority === 'field'
  return {
    ...frame,
    flags: frame.flags | (padding === null ? 0 : FLAG.padded) | (prioritised ? FLAG.priority : 0),
    payload: Buffer.concat([
      padding === null ? Buffer.alloc(0) : Buffer.of(padding),
      prioritised ? PRIORITY : Buffer.alloc(0),
      frame.payload,
      Buffer.alloc(padding ?? 0),
    ]),
  }
}

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const FRAME_NAMES = new Map<number, string>(
  Object.entries({
    DATA: FRAME.data,
    HEADERS: FRAME.headers,
    PRIORITY: FRAME.priority,
    RST_STREAM: FRAME.rstStream,
    SETTINGS: FRAME.settings,
    PUSH_PROMISE: FRAME.pushPromise,
    PING: FRAME.ping,
    GOAWAY: FRAME.goaway,
    WINDOW_UPDATE: FRAME.windowUpdate,
    CONTINUATION: FRAME.continuation,
  }).map(([name, code]) => [code, name]),
)

const ERROR_NAMES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
]

/** RFC 9113 §5.4: a generic code can always stand in place of one that says more. */
export function isErrorCode(code: number, specific: readonly number[]): boolean {
  return [...specific, ERROR.protocol, ERROR.internal].includes(code)
}

/** For people: `PROTOCOL_ERROR`. */
export function errorName(code: number): string {
  return ERROR_NAMES[code] ?? `error ${code}`
}

/** For people: `DATA 3 END_STREAM (5)`, `GOAWAY PROTOCOL_ERROR`. */
export function describeFrame({ type, flags, stream, payload }: Frame): string {
  const name = FRAME_NAMES.get(type) ?? `frame of type ${type}`
  const ends = type === FRAME.data || type === FRAME.headers
  const acknowledges = type === FRAME.settings || type === FRAME.ping
  const parts = [
    name,
    ...(stream === 0 ? [] : [String(stream)]),
    ...(ends && (flags & FLAG.endStream) !== 0 ? ['END_STREAM'] : []),
    ...(acknowledges && (flags & FLAG.ack) !== 0 ? ['ACK'] : []),
    ...(type === FRAME.rstStream && payload.length === 4
      ? [errorName(payload.readUInt32BE(0))]
      : []),
    ...(type === FRAME.goaway && payload.length >= 8 ? [errorName(payload.readUInt32BE(4))] : []),
    ...(type === FRAME.data ? [`(${payload.length})`] : []),
  ]
  return parts.join(' ')
}
