import type { HandshakeRefusal } from '../websocket/handshake.ts'
import { ProtocolError } from './errors.ts'

/** What the client is told of failures that are not its own. */
const REASONS: Readonly<Record<number, string>> = {
  403: 'The application refused the WebSocket.',
  500: 'The application failed.',
}

/** The application or the server failed; the client did nothing wrong. */
export function failure(status: number): ProtocolError {
  return new ProtocolError(status, 'RFC 9110 §15.6', REASONS[status] ?? 'The request failed.')
}

export function tooBusy(): ProtocolError {
  return new ProtocolError(503, 'RFC 9110 §15.6.4', 'The server has too much to do.', [
    [Buffer.from('retry-after'), Buffer.from('1')],
  ])
}

export function tooSlow(): ProtocolError {
  return new ProtocolError(408, 'RFC 9110 §15.5.9', 'The request took too long.')
}

export function badHandshake({ status, rule, headers }: HandshakeRefusal): ProtocolError {
  return new ProtocolError(status, 'RFC 6455 §4.2.2', rule, headers)
}
