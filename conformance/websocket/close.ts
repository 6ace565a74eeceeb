import { isUtf8 } from 'node:buffer'
import type { Defect } from '../testers/response-reader.ts'

/** What a Close frame says; the code is null where its body is empty. */
export interface CloseContent {
  readonly code: number | null
  readonly reason: string
}

/** Body of a Close frame (RFC 6455 §5.5.1). */
export function closeBody(code: number | null, reason = ''): Buffer {
  if (code === null) return Buffer.alloc(0)
  const body = Buffer.alloc(2)
  body.writeUInt16BE(code)
  return Buffer.concat([body, Buffer.from(reason, 'utf8')])
}

/** Reads the body of a Close frame; what breaks RFC 6455 §5.5.1 or §7.4 is noted. */
export function readClose(body: Buffer, note: (defect: Defect) => void): CloseContent {
  if (body.length === 0) return { code: null, reason: '' }
  if (body.length === 1) {
    note({
      clause: 'wire/rfc6455/close-body',
      expected: 'no body, or one that begins with a code of two bytes',
      observed: 'a body of one byte',
    })
    return { code: null, reason: '' }
  }
  const code = body.readUInt16BE(0)
  const reason = body.subarray(2)
  if (!isUtf8(reason)) {
    note({
      clause: 'wire/rfc6455/close-reason-utf8',
      expected: 'a reason in UTF-8',
      observed: reason.toString('hex'),
    })
  }
  if (code < 1000) {
    note({
      clause: 'wire/rfc6455/codes-below-1000',
      expected: 'no status code below 1000',
      observed: String(code),
    })
  }
  if (UNSENDABLE.has(code)) {
    note({
      clause: 'wire/rfc6455/reserved-codes-not-sent',
      expected: 'no code that is reserved for the local side',
      observed: String(code),
    })
  }
  return { code, reason: reason.toString('utf8') }
}

/** RFC 6455 §7.4.1: must not be set as a status code in a Close frame. */
const UNSENDABLE: ReadonlySet<number> = new Set([1005, 1006, 1015])
