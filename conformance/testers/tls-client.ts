import { once } from 'node:events'
import { connect, type SecureVersion, type TLSSocket } from 'node:tls'
import { type TlsRecord, watchedConnection } from './tls-records.ts'

/** What a client offers in its handshake. Whatever the server presents is taken: it is judged, not trusted. */
export interface TlsClient {
  /** The only version on offer; null: all that are considered safe. */
  readonly version: 'TLSv1.2' | 'TLSv1.3' | null
  /** Shown when the server asks for one; PEM. */
  readonly identity: { readonly certificate: string; readonly key: string } | null
  /** In the notation of OpenSSL, the best first; absent: the usual ones. */
  readonly ciphers?: string
  /** What is offered by ALPN; absent: nothing. */
  readonly protocols?: readonly string[]
  /** Of an earlier connection, to be resumed. */
  readonly session?: Buffer
  /** Told of every session that can be resumed. */
  readonly onSession?: (session: Buffer) => void
  /** Told of every record of the server. */
  readonly onRecord?: (record: TlsRecord) => void
}

export const ANY_TLS: TlsClient = { version: null, identity: null }

/** Connects and shakes hands; rejects with what ended the handshake. */
export async function secure(
  host: string,
  port: number,
  { version, identity, ciphers, protocols, session, onSession, onRecord }: TlsClient,
): Promise<TLSSocket> {
  const [oldest, newest] = rangeOf(version)
  const carrier =
    onRecord === undefined
      ? { host, port }
      : { socket: await watchedConnection(host, port, onRecord) }
  const socket = connect({
    ...carrier,
    minVersion: oldest,
    maxVersion: newest,
    rejectUnauthorized: false,
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(protocols === undefined ? {} : { ALPNProtocols: [...protocols] }),
    ...(session === undefined ? {} : { session }),
    ...(identity === null ? {} : { cert: identity.certificate, key: identity.key }),
  })
  if (onSession !== undefined) socket.on('session', onSession)
  // A second small write would wait until the server has acknowledged the first (RFC 9293 §3.7.4).
  socket.setNoDelay(true)
  await once(socket, 'secureConnect')
  return socket
}

function rangeOf(version: TlsClient['version']): readonly [SecureVersion, SecureVersion] {
  return version === null ? ['TLSv1.2', 'TLSv1.3'] : [version, version]
}
