import type { Header, Headers } from '../asgi/messages.ts'
import { TOKEN } from './alphabet.ts'

const SEPARATOR = Buffer.from(': ')
const CRLF = Buffer.from('\r\n')
const LINK = Buffer.from('link')
const EARLY_HINTS = Buffer.from('HTTP/1.1 103 Early Hints\r\n')

/** RFC 9110 §15.2.1: the client may send its body now. */
export const CONTINUE: Uint8Array = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n')

/** RFC 8297: an interim response with these values of Link. */
export function earlyHints(links: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([EARLY_HINTS, encodeFields(links.map((link) => [LINK, link])), CRLF])
}

/** Checked fields as lines, for the rare ones that are not part of a final response head. */
export function encodeFields(headers: Headers): Uint8Array {
  return Buffer.concat(headers.map(encodeField))
}

function encodeField([name, value]: Header): Uint8Array {
  const lower = Uint8Array.from(name, (byte) => TOKEN[byte] ?? 0)
  return Buffer.concat([lower, SEPARATOR, value, CRLF])
}
