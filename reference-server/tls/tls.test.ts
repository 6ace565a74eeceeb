import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { type RequestOptions, request } from 'node:https'
import { createConnection, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { describe, it } from 'mocha'
import { UsageError } from '../../evidence/errors.ts'
import type { ASGIApplication } from '../asgi/application.ts'
import type { HttpScope } from '../asgi/scope.ts'
import { type ServeOptions, serve } from '../server/serve.ts'
import {
  AUTHORITY,
  CERTIFICATE,
  CLIENT,
  encryptedKey,
  INTERMEDIATE,
  NAMELESS,
  withCertificate,
} from '../testing/certificate.ts'
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
  const socket = connectTls({
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

/** Notes the events of its lifespan. */
function lifespanInto(heard: string[]): ASGIApplication {
  return async (scope, receive, send) => {
    if (scope.type !== 'lifespan') return empty(scope, receive, send)
    heard.push((await receive()).type)
    await send({ type: 'lifespan.startup.complete' })
    heard.push((await receive()).type)
    await send({ type: 'lifespan.shutdown.complete' })
  }
}

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

/** Makes one request; resolves with the session that the server would let the client resume. */
async function sessionOf(port: number, client: ConnectionOptions): Promise<Buffer | undefined> {
  const socket = connectTls({ port, host: '127.0.0.1', ca: CERTIFICATE, ...client })
  let session: Buffer | undefined
  socket.on('session', (offered) => {
    session = offered
  })
  socket.resume()
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await once(socket, 'end')
  socket.destroy()
  return session
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

  it('tells of the certificates that the client sent, and of no others, in every connection', async () => {
    await withCertificate(async (files) => {
      const tlsCa = join(dirname(files.tlsKey), 'ca.pem')
      writeFileSync(tlsCa, AUTHORITY)
      const chains: unknown[] = []
      const app: ASGIApplication = async (scope, receive, send) => {
        if (scope.type === 'http') chains.push(scope.extensions['tls']?.['client_cert_chain'])
        await empty(scope, receive, send)
      }
      const options = { ...files, tlsCa, tlsClientCert: 'optional' } as const
      await withServer(app, options, async ({ server }) => {
        const key = readFileSync(files.tlsKey)
        for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
          for (const sent of [[CLIENT], [CLIENT, INTERMEDIATE]]) {
            const versions = { minVersion: version, maxVersion: version }
            const client = { ...versions, key, cert: sent.join('') }
            const session = await sessionOf(portOf(server), client)
            await sessionOf(portOf(server), { ...client, session })
            assert.deepEqual(chains.splice(0), [sent, sent])
          }
        }
      })
    })
  })

  it('gives each request an extension of its own, whatever another has written into it', async () => {
    await withCertificate(async (files) => {
      const seen: unknown[] = []
      const app: ASGIApplication = async (scope, receive, send) => {
        const tls: Record<string, unknown> = Object(
          scope.type === 'http' ? scope.extensions['tls'] : null,
        )
        seen.push(tls['noted'])
        tls['noted'] = true
        await empty(scope, receive, send)
      }
      await withServer(app, files, async ({ server }) => {
        const socket = connectTls({ port: portOf(server), host: '127.0.0.1', ca: CERTIFICATE })
        socket.resume()
        socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
        socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
        await once(socket, 'end')
        socket.destroy()
      })
      assert.deepEqual(seen, [undefined, undefined])
    })
  })

  it('names a client whose name has a part of two values', async () => {
    await withCertificate(async (files) => {
      const options = { ...files, tlsCa: files.tlsCert, tlsClientCert: 'optional' } as const
      const scope = await scopeOf(options, { key: readFileSync(files.tlsKey), cert: CLIENT })
      assert.equal(scope.extensions['tls']?.['client_cert_name'], 'OU=tests+CN=client,O=assay')
    })
  })

  it('names a client whose certificate has no name by the empty text', async () => {
    await withCertificate(async (files) => {
      const options = { ...files, tlsCa: files.tlsCert, tlsClientCert: 'optional' } as const
      const scope = await scopeOf(options, { key: readFileSync(files.tlsKey), cert: NAMELESS })
      assert.deepEqual(scope.extensions['tls']?.['client_cert_chain'], [NAMELESS])
      assert.equal(scope.extensions['tls']?.['client_cert_name'], '')
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

  it('refuses settings that cannot work, and names the one that is wrong', async () => {
    await withCertificate(async (files) => {
      const { tlsKey, tlsCert } = files
      const garbage = join(dirname(tlsKey), 'garbage.pem')
      const locked = join(dirname(tlsKey), 'locked.pem')
      writeFileSync(garbage, 'garbage\n')
      writeFileSync(locked, encryptedKey('right'))
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const other = join(dirname(tlsKey), 'other.pem')
      writeFileSync(other, privateKey.export({ type: 'pkcs8', format: 'pem' }))
      const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const otherKind = join(dirname(tlsKey), 'rsa.pem')
      writeFileSync(otherKind, rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }))
      const wrong: readonly [ServeOptions, string, RegExp][] = [
        [{ tlsKey }, tlsKey, /both a key and a certificate/],
        [{ ...files, tlsKey: '/nowhere.pem' }, '/nowhere.pem', /cannot be read/],
        [{ ...files, tlsClientCert: 'required' }, 'required', /--tls-ca/],
        [{ ...files, tlsKey: garbage }, garbage, /no private key/],
        [{ ...files, tlsKey: locked }, locked, /no private key .*--tls-key-password opens/],
        [
          { ...files, tlsKey: locked, tlsKeyPassword: 'wrong' },
          locked,
          /no private key .*: bad decrypt/,
        ],
        [{ ...files, tlsKey: other }, other, new RegExp(`not the one of ${tlsCert}`)],
        [{ ...files, tlsKey: otherKind }, otherKind, new RegExp(`not the one of ${tlsCert}`)],
        [{ ...files, tlsCert: garbage }, garbage, /no chain of certificates/],
        [{ ...files, tlsCa: garbage }, garbage, /no certificates in PEM/],
        [{ ...files, tlsCiphers: 'NOPE' }, 'NOPE', /no such cipher suites/],
      ]
      for (const [options, input, rule] of wrong) {
        await assert.rejects(serve(empty, { ...options, port: 0, lifespan: 'off' }), (error) => {
          assert.ok(error instanceof UsageError, String(error))
          assert.equal(error.input, input)
          assert.match(error.rule, rule)
          return true
        })
      }
    })
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

  it('gives up on clients that do not complete their handshake, and on them alone', async () => {
    await withCertificate((files) =>
      withServer(empty, { ...files, timeoutHeader: 0.4 }, async ({ server, connect }) => {
        const began = performance.now()
        const secure = connectTls({ port: portOf(server), host: '127.0.0.1', ca: CERTIFICATE })
        await once(secure, 'secureConnect')
        secure.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
        const [silent, trickling] = [await connect(), await connect()]
        // The first bytes of a record of 512.
        const bytes = Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])
        let sent = 0
        const trickle = setInterval(() => {
          trickling.send(bytes.subarray(sent, sent + 1))
          sent += 1
        }, 50)
        await Promise.all([silent.untilEnd(), trickling.untilEnd()])
        clearInterval(trickle)
        assert.ok(performance.now() - began >= 400)
        secure.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
        await once(secure.resume(), 'end')
        assert.ok(secure.bytesRead > 0)
        secure.destroy()
      }),
    )
  })

  it('shuts down in order after handshakes that overlapped on a unix socket', async () => {
    await withCertificate(async (files) => {
      const uds = join(dirname(files.tlsKey), 'tls.sock')
      const heard: string[] = []
      const server = await serve(lifespanInto(heard), { ...files, uds, logLevel: 'silent' })
      const accepted = [createConnection(uds), createConnection(uds)]
      await Promise.all(accepted.map((socket) => once(socket, 'connect')))
      for (const socket of accepted) {
        const secure = connectTls({ socket, rejectUnauthorized: false })
        await once(secure, 'secureConnect')
        secure.destroy()
      }
      await server.close()
      assert.deepEqual(heard, ['lifespan.startup', 'lifespan.shutdown'])
    })
  })
})
