import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createServer, type SecureVersion, type Server } from 'node:tls'
import { describe, it } from 'mocha'
import { certificates } from './certificates.ts'
import {
  clientHello,
  type HelloAnswer,
  OLD_VERSIONS,
  type OldVersion,
  readHelloAnswer,
} from './client-hello.ts'

const NAMES: readonly OldVersion[] = ['TLS 1.0', 'TLS 1.1']

async function serverFrom(minVersion: SecureVersion): Promise<Server> {
  const { server } = await certificates()
  const listener = createServer({
    cert: server.certificate,
    key: server.key,
    minVersion,
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  listener.on('tlsClientError', () => undefined)
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return listener
}

async function answerTo(version: OldVersion, minVersion: SecureVersion): Promise<HelloAnswer> {
  const listener = await serverFrom(minVersion)
  const address = listener.address()
  assert.ok(address !== null && typeof address === 'object')
  const socket = connect(address.port, '127.0.0.1')
  try {
    socket.write(clientHello(version))
    let heard = Buffer.alloc(0)
    for await (const bytes of socket) {
      heard = Buffer.concat([heard, Buffer.from(bytes)])
      const answer = readHelloAnswer(heard)
      if (answer !== null) return answer
    }
    return assert.fail('the server closed without an answer')
  } finally {
    socket.destroy()
    listener.close()
  }
}

describe('the hand-written ClientHello', () => {
  for (const name of NAMES) {
    it(`is taken by a server that still speaks ${name}, in that version`, async () => {
      assert.deepEqual(await answerTo(name, 'TLSv1'), {
        kind: 'accepted',
        version: OLD_VERSIONS[name],
      })
    })

    it(`is answered with the alert protocol_version by one that has given up ${name}`, async () => {
      assert.deepEqual(await answerTo(name, 'TLSv1.2'), { kind: 'alert', description: 70 })
    })
  }
})
