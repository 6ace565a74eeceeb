/** Types of frames (RFC 9113 §6). */
export const DATA = 0
export const HEADERS = 1
export const RST_STREAM = 3
const SETTINGS = 4

/** A frame of fewer than 256 bytes of payload and on a low stream (RFC 9113 §4.1), as latin1 text. */
export function frameOf(type: number, flags: number, stream: number, payload: string): string {
  return `\0\0${String.fromCharCode(payload.length, type, flags)}\0\0\0${String.fromCharCode(stream)}${payload}`
}

/** What a client begins with (RFC 9113 §3.4). */
export const PREFACE: string = `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${frameOf(SETTINGS, 0, 0, '')}`

/** Fields as literals without indexing (RFC 7541 §6.2.2), of fewer than 127 octets each. */
export function fieldBlock(fields: Readonly<Record<string, string>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `\0${counted(name)}${counted(value)}`)
    .join('')
}

const counted = (text: string): string => `${String.fromCharCode(text.length)}${text}`
