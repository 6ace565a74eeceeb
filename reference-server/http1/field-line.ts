import { COLON, CR, FIELD_VALUE, HTAB, LF, SP, TOKEN } from './alphabet.ts'
import { ProtocolError } from './errors.ts'

/** Where the parts of the field line that was read last begin and end. */
export interface FieldLine {
  name: number
  nameEnd: number
  value: number
  valueEnd: number
}

/** More bytes are needed before the line can be judged. */
export const INCOMPLETE = -1

/**
 * Reads one `field-line CRLF` (RFC 9112 §5) at `at`, lower-casing the name in place, and returns the
 * offset after it or INCOMPLETE. A line is judged only when its LF has arrived, so that the verdict on
 * the same bytes does not depend on how they were cut. Every index is in bounds; `?? 0` only tells the compiler so.
 */
export function readFieldLine(bytes: Buffer, at: number, end: number, line: FieldLine): number {
  let i = at
  for (; i < end; i += 1) {
    const byte = bytes[i] ?? 0
    const lower = TOKEN[byte] ?? 0
    if (lower === 0) break
    if (lower !== byte) bytes[i] = lower
  }
  if (i === end) return INCOMPLETE
  if (bytes[i] !== COLON || i === at) return refuseName(bytes, at, end, i)
  line.name = at
  line.nameEnd = i
  i += 1
  while (i < end && (bytes[i] === SP || bytes[i] === HTAB)) i += 1
  line.value = i
  while (i < end && FIELD_VALUE[bytes[i] ?? 0] === 1) i += 1
  if (i === end || (bytes[i] === CR && i + 1 === end)) return INCOMPLETE
  if (bytes[i] !== CR || bytes[i + 1] !== LF) return refuseValue(bytes, end, i)
  let last = i
  while (last > line.value && (bytes[last - 1] === SP || bytes[last - 1] === HTAB)) last -= 1
  line.valueEnd = last
  return i + 2
}

function refuseName(bytes: Buffer, at: number, end: number, i: number): typeof INCOMPLETE {
  if (bytes.subarray(0, end).indexOf(LF, i) === -1) return INCOMPLETE
  const byte = bytes[i]
  if (i === at && (byte === SP || byte === HTAB)) {
    throw new ProtocolError(400, 'RFC 9112 §5.2', 'A field value must not be folded over lines.')
  }
  if (i === at) throw new ProtocolError(400, 'RFC 9112 §5', 'A field line must begin with a name.')
  if (byte === SP || byte === HTAB) {
    throw new ProtocolError(400, 'RFC 9112 §5.1', 'No whitespace may precede the colon.')
  }
  throw new ProtocolError(400, 'RFC 9110 §5.1', 'A field name is a token, followed by a colon.')
}

function refuseValue(bytes: Buffer, end: number, i: number): typeof INCOMPLETE {
  if (bytes.subarray(0, end).indexOf(LF, i) === -1) return INCOMPLETE
  const byte = bytes[i]
  if (byte === CR || byte === LF) {
    throw new ProtocolError(400, 'RFC 9112 §2.2', 'A line ends with CR LF, neither alone.')
  }
  throw new ProtocolError(400, 'RFC 9110 §5.5', 'A field value must not hold control characters.')
}
