import { constants } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { TLSSocket, TlsOptions } from 'node:tls'
import type { Settings } from '../config/settings.ts'
import { certificatesIn, checkTls, type PemFile, wrongTls } from './check-tls.ts'
import { CIPHER_SUITES } from './cipher-suites.ts'
import { distinguishedName } from './distinguished-name.ts'
import { pemChain, pemOf } from './pem.ts'

/** What a server needs for TLS. */
export interface Tls {
  readonly options: TlsOptions
  /** SHA-256 fingerprints of the certificates in `--tls-ca`, as Node.js writes them. */
  readonly authorities: ReadonlySet<string>
}

/**
 * The TLS of the settings; null when they ask for none. Reads the files each time; a UsageError says what
 * cannot be used.
 */
export function readTls(settings: Settings): Tls | null {
  const { tlsKey, tlsCert, tlsCa, tlsClientCert, tlsKeyPassword, tlsCiphers } = settings
  if (tlsKey === null && tlsCert === null) return null
  if (tlsKey === null || tlsCert === null) {
    throw wrongTls(tlsKey ?? tlsCert ?? '', 'TLS needs both a key and a certificate.')
  }
  if (tlsClientCert !== 'none' && tlsCa === null) {
    throw wrongTls(tlsClientCert, 'Client certificates are checked against --tls-ca.')
  }
  const key = readPem(tlsKey)
  const cert = readPem(tlsCert)
  const ca = tlsCa === null ? null : readPem(tlsCa)
  const passphrase = tlsKeyPassword ?? undefined
  checkTls({ key, cert, passphrase, ca, ciphers: tlsCiphers })
  const options: TlsOptions = {
    key: key.bytes,
    cert: cert.bytes,
    minVersion: settings.tlsMinVersion,
    ALPNProtocols: settings.alpn.filter((name) => name !== 'h2' || settings.http2),
    requestCert: tlsClientCert !== 'none',
    rejectUnauthorized: tlsClientCert === 'required',
    ...(tlsClientCert === 'none' ? {} : { secureOptions: NO_RESUMPTION }),
    ...(ca === null ? {} : { ca: ca.bytes }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(tlsCiphers === null ? {} : { ciphers: tlsCiphers }),
  }
  const trusted = ca === null ? [] : certificatesIn(ca.bytes)
  return { options, authorities: new Set(trusted.map(({ fingerprint256 }) => fingerprint256)) }
}

/** A session that is resumed knows the certificate of its client, but not those that were sent behind it. */
const NO_RESUMPTION = constants.SSL_OP_NO_TICKET

function readPem(path: string): PemFile {
  try {
    return { path, bytes: readFileSync(path) }
  } catch {
    throw wrongTls(path, 'The file cannot be read.')
  }
}

/** tls.rst, "TLS Connection Scope": what each call returns belongs to one request alone. */
export function tlsExtension(
  socket: TLSSocket,
  authorities: ReadonlySet<string>,
): () => Readonly<Record<string, unknown>> {
  const own = socket.getCertificate()
  const peer = socket.getPeerCertificate(true)
  const chain = pemChain(peer, authorities)
  const { authorizationError } = socket
  const told = {
    server_cert: own !== null && 'raw' in own ? pemOf(own.raw) : null,
    client_cert_name: chain.length === 0 ? null : distinguishedName(peer.raw),
    client_cert_error:
      chain.length === 0 || socket.authorized ? null : String(authorizationError ?? 'not verified'),
    tls_version: VERSIONS[socket.getProtocol() ?? ''] ?? null,
    cipher_suite: CIPHER_SUITES[socket.getCipher().standardName] ?? null,
  }
  return () => ({ ...told, client_cert_chain: [...chain] })
}

/** tls.rst, `tls_version`: the number that the TLS specification gives the version. */
const VERSIONS: Readonly<Record<string, number>> = {
  TLSv1: 0x0301,
  'TLSv1.1': 0x0302,
  'TLSv1.2': 0x0303,
  'TLSv1.3': 0x0304,
}
