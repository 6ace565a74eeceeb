import { createHash } from 'node:crypto'
import { extension, PerMessageDeflate, subprotocol } from 'ws'
import type { Header, Headers } from '../asgi/messages.ts'
import type { WebSocketLimits } from './limits.ts'

/** A client's wish to speak WebSocket (RFC 6455 §4.2.1), complete and well formed. */
export interface Handshake {
  /** `sec-websocket-accept`; empty over HTTP/2, which has no key. */
  readonly accept: string
  /** In the order of the client's preference. */
  readonly subprotocols: readonly string[]
  /** Ready for use, or null when the client or the server does not want compression. */
  readonly deflate: PerMessageDeflate | null
  /** Value of `sec-websocket-extensions`; empty without one. */
  readonly extensions: string
}

/** A wish that cannot be granted: the answer is an HTTP response. */
export interface HandshakeRefusal {
  readonly status: number
  readonly rule: string
  readonly headers: Headers
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** 16 bytes in base64 (RFC 6455 §4.1). */
const KEY = /^[+/0-9A-Za-z]{22}==$/

/** Values of the field in order; ASGI header names are in lower case. */
function valuesOf(headers: Headers, name: string): string[] {
  return headers
    .filter((header) => textOf(header[0]) === name)
    .map((header) => textOf(header[1]).trim())
}

/**
 * The elements of a field that is a list, on one line. Empty ones do not count: RFC 6455 §4.3 writes `1#`, which
 * allows them in RFC 2616 §2.1, and RFC 9110 §5.6.1.2 has a recipient ignore them. A list of nothing else stays as it is.
 */
function listOf(headers: Headers, name: string): string {
  const line = valuesOf(headers, name).join(',')
  const elements = line.split(',').map((element) => element.trim())
  return elements.filter((element) => element !== '').join(', ') || line
}

/** True when the `Upgrade` field names WebSocket: RFC 6455 §4.2.1 compares without regard to case. */
export function asksForWebSocket(headers: Headers): boolean {
  return valuesOf(headers, 'upgrade').some((value) =>
    value.split(',').some((token) => token.trim().toLowerCase() === 'websocket'),
  )
}

/** Checks the opening handshake; `keyed` is false over HTTP/2 (RFC 8441 §5 does without the key). */
export function readHandshake(
  headers: Headers,
  limits: WebSocketLimits,
  keyed = true,
): Handshake | HandshakeRefusal {
  const versions = valuesOf(headers, 'sec-websocket-version')
  if (versions.length !== 1 || versions[0] !== '13') {
    const supported: Header = [Buffer.from('sec-websocket-version'), Buffer.from('13')]
    // RFC 9110 §15.5.22 and §7.8; over HTTP/2 the fields have no place (RFC 9113 §8.2.2).
    const upgrade: Header = [Buffer.from('upgrade'), Buffer.from('websocket')]
    const connection: Header = [Buffer.from('connection'), Buffer.from('upgrade')]
    return {
      status: 426,
      rule: 'The version of WebSocket is 13 (RFC 6455 §4.4).',
      headers: keyed ? [supported, upgrade, connection] : [supported],
    }
  }
  const keys = valuesOf(headers, 'sec-websocket-key')
  const key = keys.length === 1 ? (keys[0] ?? '') : ''
  if (keyed && !KEY.test(key)) {
    return refusal('The handshake holds one Sec-WebSocket-Key of 16 bytes (RFC 6455 §4.2.1).')
  }
  try {
    const protocols = listOf(headers, 'sec-websocket-protocol')
    return {
      accept: keyed
        ? createHash('sha1')
            .update(key + GUID)
            .digest('base64')
        : '',
      subprotocols: protocols === '' ? [] : [...subprotocol.parse(protocols)],
      ...negotiate(listOf(headers, 'sec-websocket-extensions'), limits),
    }
  } catch (error) {
    return refusal(`The handshake is malformed: ${error instanceof Error ? error.message : ''}.`)
  }
}

function refusal(rule: string): HandshakeRefusal {
  return { status: 400, rule, headers: [] }
}

type Configuration = Readonly<Record<string, readonly (string | true)[]>>

/** RFC 7692 §5: the first offer that can be accepted. */
function negotiate(
  offers: string,
  limits: WebSocketLimits,
): Pick<Handshake, 'deflate' | 'extensions'> {
  const wanted = offers === '' ? {} : extension.parse(offers)
  const configurations = wanted[PerMessageDeflate.extensionName]
  if (configurations === undefined || !limits.compression) return { deflate: null, extensions: '' }
  const deflate = new PerMessageDeflate({
    isServer: true,
    maxPayload: limits.messageBytes,
    threshold: 1024,
  })
  for (const configuration of configurations.filter(isWellFormed)) {
    try {
      const parameters = deflate.accept([configuration])
      return {
        deflate,
        extensions: extension.format({ [PerMessageDeflate.extensionName]: [parameters] }),
      }
    } catch {
      // RFC 7692 §7.1: an offer that cannot be accepted is declined, and the next one is looked at.
    }
  }
  // No offer suits: RFC 7692 §5.1 declines by leaving the extension out.
  return { deflate: null, extensions: '' }
}

/** RFC 7692 §7.1.2: a number of bits from 8 to 15 "without leading zeroes", which the library lets pass. */
function isWellFormed(configuration: Configuration): boolean {
  const bits = [
    ...(configuration['server_max_window_bits'] ?? []),
    ...(configuration['client_max_window_bits'] ?? []),
  ]
  return bits.every((value) => value === true || /^(?:[89]|1[0-5])$/.test(value))
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
