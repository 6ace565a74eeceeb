import { readFileSync } from 'node:fs'
import type { TLSSocket, TlsOptions } from 'node:tls'
import { UsageError } from '../../evidence/errors.ts'
import type { Settings } from '../config/settings.ts'
import { CIPHER_SUITES } from './cipher-suites.ts'
import { distinguishedName } from './distinguished-name.ts'
import { pemChain, pemOf } from './pem.ts'

/** The TLS options of the settings; null when they ask for none. Reads the files each time. */
export function readTls(settings: Settings): TlsOptions | null {
  const { tlsKey, tlsCert, tlsCa, tlsClientCert, tlsKeyPassword, tlsCiphers } = settings
  if (tlsKey === null && tlsCert === null) return null
  if (tlsKey === null || tlsCert === null) {
    throw wrong(tlsKey ?? tlsCert ?? '', 'TLS needs both a key and a certificate.')
  }
  if (tlsClientCert !== 'none' && tlsCa === null) {
    throw wrong(tlsClientCert, 'Client certificates are checked against --tls-ca.')
  }
  return {
    key: readPem(tlsKey),
    cert: readPem(tlsCert),
    minVersion: settings.tlsMinVersion,
    ALPNProtocols: settings.alpn.filter((name) => name !== 'h2' || settings.http2),
    requestCert: tlsClientCert !== 'none',
    rejectUnauthorized: tlsClientCert === 'required',
    ...(tlsCa === null ? {} : { ca: readPem(tlsCa) }),
    ...(tlsKeyPassword === null ? {} : { passphrase: tlsKeyPassword }),
    ...(tlsCiphers === null ? {} : { ciphers: tlsCiphers }),
  }
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    throw wrong(path, 'The file cannot be read.')
  }
}

function wrong(input: string, rule: string): UsageError {
  return new UsageError({
    code: 'serve/tls',
    input,
    rule,
    cure: 'See --tls-key, --tls-cert, --tls-ca and --tls-client-cert.',
  })
}

/** tls.rst, "TLS Connection Scope". */
export function tlsExtension(socket: TLSSocket): Readonly<Record<string, unknown>> {
  const own = socket.getCertificate()
  const peer = socket.getPeerCertificate(true)
  const chain = pemChain(peer)
  const { authorizationError } = socket
  return {
    server_cert: own !== null && 'raw' in own ? pemOf(own.raw) : null,
    client_cert_chain: chain,
    client_cert_name: chain.length === 0 ? null : distinguishedName(peer.raw),
    client_cert_error:
      chain.length === 0 || socket.authorized ? null : String(authorizationError ?? 'not verified'),
    tls_version: VERSIONS[socket.getProtocol() ?? ''] ?? null,
    cipher_suite: CIPHER_SUITES[socket.getCipher().standardName] ?? null,
  }
}

/** tls.rst, `tls_version`: the number that the TLS specification gives the version. */
const VERSIONS: Readonly<Record<string, number>> = {
  TLSv1: 0x0301,
  'TLSv1.1': 0x0302,
  'TLSv1.2': 0x0303,
  'TLSv1.3': 0x0304,
}
