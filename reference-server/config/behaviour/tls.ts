import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { CERTIFICATE } from '../../testing/certificate.ts'
import type { Configured } from '../../testing/configured.ts'
import type { TestFiles, Trial, Trials } from './trial.ts'

/** Completes a request; rejects where the server turns the client away, in TLS 1.3 after the handshake. */
async function shake({ port }: Configured, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port: await port(), host: '127.0.0.1', ca: CERTIFICATE, ...options })
  await once(socket, 'secureConnect')
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const first: unknown[] = await once(socket, 'data')
  assert.match(String(first[0]), /^HTTP\/1\.1 200/)
  return socket
}

const pair = ({ key, certificate }: TestFiles): { tlsKey: string; tlsCert: string } => ({
  tlsKey: key,
  tlsCert: certificate,
})

const plainTls: Trial = {
  given: pair,
  async see(configured) {
    const socket = await shake(configured)
    assert.ok(socket.authorized)
    socket.destroy()
  },
}

const clientCertificate: Trial = {
  given: (files) => ({ ...pair(files), tlsCa: files.certificate, tlsClientCert: 'required' }),
  async see(configured, _given, { key, certificate }) {
    await assert.rejects(shake(configured))
    const own = { key: readFileSync(key), cert: readFileSync(certificate) }
    const socket = await shake(configured, own)
    socket.destroy()
  },
}

type Names =
  | 'tlsKey'
  | 'tlsCert'
  | 'tlsKeyPassword'
  | 'tlsCa'
  | 'tlsClientCert'
  | 'tlsMinVersion'
  | 'tlsCiphers'
  | 'alpn'

export const tls: Trials<Names> = {
  tlsKey: plainTls,
  tlsCert: plainTls,
  tlsKeyPassword: {
    given: (files) => ({
      ...pair(files),
      tlsKey: files.encryptedKey,
      tlsKeyPassword: PASSWORD,
    }),
    async see(configured) {
      const socket = await shake(configured)
      socket.destroy()
      assert.ok(!configured.server.log.includes(PASSWORD))
    },
  },
  tlsCa: clientCertificate,
  tlsClientCert: clientCertificate,
  tlsMinVersion: {
    given: (files) => ({ ...pair(files), tlsMinVersion: 'TLSv1.3' }),
    async see(configured) {
      await assert.rejects(shake(configured, { maxVersion: 'TLSv1.2' }))
      const socket = await shake(configured)
      assert.equal(socket.getProtocol(), 'TLSv1.3')
      socket.destroy()
    },
  },
  tlsCiphers: {
    given: (files) => ({ ...pair(files), tlsCiphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' }),
    async see(configured) {
      const socket = await shake(configured, { maxVersion: 'TLSv1.2' })
      assert.equal(socket.getCipher().name, 'ECDHE-ECDSA-CHACHA20-POLY1305')
      socket.destroy()
    },
  },
  alpn: {
    given: (files) => ({ ...pair(files), alpn: ['http/1.1'] }),
    async see(configured) {
      const socket = await shake(configured, { ALPNProtocols: ['h2', 'http/1.1'] })
      assert.equal(socket.alpnProtocol, 'http/1.1')
      socket.destroy()
    },
  },
}

export const PASSWORD = 'hunter2, with spaces'
