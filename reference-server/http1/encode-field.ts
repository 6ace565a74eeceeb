import type { Header } from '../asgi/messages.ts'
import { TOKEN } from './alphabet.ts'

const SEPARATOR = Buffer.from(': ')
const CRLF = Buffer.from('\r\n')

/** A checked field as a line; for the rare lines that are not part of a response head. */
export function encodeField([name, value]: Header): Uint8Array {
  const lower = Uint8Array.from(name, (byte) => TOKEN[byte] ?? 0)
  return Buffer.concat([lower, SEPARATOR, value, CRLF])
}
