import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { type RequestOptions, request } from 'node:https'
import { createConnection, createServer } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { describe, it } from 'mocha'
import { UsageError } from '../../evidence/errors.ts'
import type { ASGIApplication } from '../asgi/application.ts'
import type { HttpScope } from '../asgi/scope.ts'
import { type ServeOptions, serve } from '../server/serve.ts'
import { CERTIFICATE, withCertificate } from '../testing/certificate.ts'
import { portOf, withServer } from '../testing/with-server.ts'

const empty: ASGIApplication = async (_scope, _receive, send) => {
  await send({ type: 'http.response.start', status: 204 })
  await send({ type: 'http.response.body' })
}

/** Its content ends with the connection where the client speaks HTTP/1.0. */
const breaking: ASGIApplication = async (_scope, _receive, send) => {
  await send({ type: 'http.response.start', status: 200 })
  await send({ type: 'http.response.body', body: Buffer.from('begun'), more_body: true })
  throw new Error('planted')
}

/** The content types of the records that the server sends for a request, until TCP ends (RFC 5246 §6.2.1). */
async function recordsFor(port: number, text: string): Promise<readonly number[]> {
  const sent: Buffer[] = []
  const relay = createServer((client) => {
    const server = createConnection(port, '127.0.0.1')
    server.on('data', (bytes: Buffer) => sent.push(bytes))
    server.pipe(client).pipe(server)
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  const address = relay.address()
  const socket = connectSecurely({
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: CERTIFICATE,
    // TLS 1.3 hides the types.
    maxVersion: 'TLSv1.2',
  })
  socket.resume().write(text)
  await once(socket, 'close')
  relay.close()
  return typesOf(Buffer.concat(sent))
}

function typesOf(records: Buffer): number[] {
  const types: number[] = []
  for (let at = 0; at < records.length; at += 5 + records.readUInt16BE(at + 3)) {
    types.push(records.readUInt8(at))
  }
  return types
}

const ALERT = 21

/** The scope that a client over HTTP/1.1 and TLS causes; rejects when the handshake fails. */
async function scopeOf(options: ServeOptions, client: RequestOptions): Promise<HttpScope> {
  const scopes: HttpScope[] = []
  const app: ASGIApplication = async (scope, receive, send) => {
    if (scope.type === 'http') scopes.push(scope)
    await empty(scope, receive, send)
  }
  await withServer(app, options, ({ server }) => ask(portOf(server), client))
  const [scope] = scopes
  assert.ok(scope !== undefined)
  return scope
}

function ask(port: number, client: RequestOptions): Promise<void> {
  const options = {
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: CERTIFICATE,
    agent: false,
  }
  return new Promise((resolve, reject) => {
    const sent = request({ ...options, ...client }, (response) => {
      response.resume()
      response.on('end', resolve)
    })
    sent.on('error', reject)
    sent.end()
  })
}

describe('TLS', () => {
  it('tells the application who the client is, when it showed a certificate', async () => {
    await withCertificate(async (files) => {
      const options = { ...files, tlsCa: files.tlsCert, tlsClientCert: 'required' } as const
      const own = { key: readFileSync(files.tlsKey), cert: readFileSync(files.tlsCert) }
      const scope = await scopeOf(options, own)
      assert.equal(scope.scheme, 'https')
      const tls = scope.extensions['tls']
      assert.deepEqual(tls?.['client_cert_chain'], [CERTIFICATE])
      assert.equal(tls?.['client_cert_name'], 'CN=localhost,O=assay\\, tests')
      assert.equal(tls?.['client_cert_error'], null)
    })
  })

  it('turns a client without certificate away only where one is required', async () => {
    await withCertificate(async (files) => {
      const common = { ...files, tlsCa: files.tlsCert }
      await assert.rejects(scopeOf({ ...common, tlsClientCert: 'required' }, {}))
      const scope = await scopeOf({ ...common, tlsClientCert: 'optional' }, {})
      assert.deepEqual(scope.extensions['tls']?.['client_cert_chain'], [])
    })
  })

  it('speaks no version below the minimum, and the ciphers that it was told', async () => {
    await withCertificate(async (files) => {
      const old: RequestOptions = { maxVersion: 'TLSv1.2' }
      await assert.rejects(scopeOf({ ...files, tlsMinVersion: 'TLSv1.3' }, old))
      const tlsCiphers = 'ECDHE-ECDSA-CHACHA20-POLY1305'
      const scope = await scopeOf({ ...files, tlsCiphers }, old)
      assert.equal(scope.extensions['tls']?.['tls_version'], 0x0303)
      assert.equal(scope.extensions['tls']?.['cipher_suite'], 0xcca9)
    })
  })

  it('ends without a close_notify where the content of HTTP/1.0 is cut short', async () => {
    await withCertificate(async (files) => {
      for (const [app, notified] of [
        [breaking, false],
        [empty, true],
      ] as const) {
        await withServer(app, files, async ({ server }) => {
          const records = await recordsFor(portOf(server), 'GET / HTTP/1.0\r\n\r\n')
          assert.equal(records.at(-1) === ALERT, notified)
        })
      }
    })
  })

  it('keeps its certificate when the new one cannot be read', async () => {
    await withCertificate(async (files) => {
      await withServer(empty, files, async ({ server }) => {
        writeFileSync(files.tlsCert, 'no certificate')
        assert.throws(() => server.reloadCertificates())
        await ask(portOf(server), {})
      })
    })
  })

  it('refuses settings that cannot work', async () => {
    const wrong: readonly ServeOptions[] = [
      { tlsKey: 'key.pem' },
      { tlsKey: '/nowhere/key.pem', tlsCert: '/nowhere/cert.pem' },
      { tlsKey: 'a', tlsCert: 'b', tlsClientCert: 'required' },
    ]
    for (const options of wrong) {
      await assert.rejects(
        serve(async () => {}, { ...options, lifespan: 'off' }),
        UsageError,
      )
    }
  })

  it('does not wait for the handshake of a client that says nothing when it shuts down', async () => {
    await withCertificate((files) =>
      withServer(empty, files, async ({ server, connect }) => {
        const silent = await connect()
        const started = performance.now()
        await server.close()
        assert.ok(performance.now() - started < 5000)
        silent.socket.destroy()
      }),
    )
  })
})
