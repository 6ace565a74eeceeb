import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { RENEWED_CERTIFICATE, withCertificate } from '../testing/certificate.ts'
import { APP, listeningSocket } from '../testing/configured.ts'
import { type Launch, ServeProcess } from '../testing/serve-process.ts'

let folder = ''
const started: ServeProcess[] = []

function start(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  launch: Launch = {},
): ServeProcess {
  const server = new ServeProcess([`${APP}:app`, ...args], environment, launch)
  started.push(server)
  return server
}

/** A `systemd-notify` that writes down what it is told; Node.js cannot listen on datagrams of its kind. */
function fakeSystemd(): Readonly<Record<string, string>> {
  const program = join(folder, 'systemd-notify')
  writeFileSync(program, `#!/bin/sh\necho "$@" >> ${join(folder, 'told')}\n`)
  chmodSync(program, 0o755)
  return { PATH: `${folder}:${process.env['PATH']}`, NOTIFY_SOCKET: join(folder, 'notify') }
}

/** The lines once one of them matches. */
async function told(pattern: RegExp): Promise<string> {
  while (true) {
    const text = readIfThere(join(folder, 'told'))
    if (pattern.test(text)) return text
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

async function contentOver(socketPath: string): Promise<string> {
  const [response] = await once(request({ socketPath }).end(), 'response')
  return await textOf(response)
}

/** Who the server says that it is, on a new connection. */
async function nameOn(port: number): Promise<unknown> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return subject.CN
}

/** Commands that run another one as process 1 of a namespace, with and without root's rights. */
const NAMESPACES = [
  ['unshare', '--pid', '--fork', '--kill-child', '--'],
  ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child', '--'],
]

function works([program = '', ...args]: readonly string[]): boolean {
  try {
    execFileSync(program, [...args, 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-deployment-'))
})

afterEach(async () => {
  for (const server of started.splice(0)) await server.kill()
  rmSync(folder, { recursive: true })
})

describe('under systemd', function () {
  this.timeout(60_000)

  for (const workers of ['1', '2']) {
    it(`tells when it is ready and when it stops, with ${workers} workers`, async () => {
      const server = start(['--port', '0', '--workers', workers], fakeSystemd())
      assert.equal(await told(/READY=1/), `--pid=${server.child.pid} READY=1\n`)
      await server.url()
      server.signal('SIGTERM')
      await told(/STOPPING=1/)
      assert.equal(await server.exited(), 0)
    })

    it(`takes the socket that was opened for it, with ${workers} workers`, async () => {
      const socket = await listeningSocket()
      const through = ['sh', '-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', 'sh']
      const launch = { inherited: socket.descriptor, through }
      const server = start(['--workers', workers], {}, launch)
      socket.close()
      const url = await server.url()
      assert.notEqual(new URL(url).port, '8000')
      assert.equal((await fetch(url)).status, 200)
    })
  }

  it('serves the socket that --fd names, and no other, where one was opened as well', async () => {
    const socket = await listeningSocket()
    const through = ['sh', '-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', 'sh']
    // There is no such descriptor: whoever took the one that was opened would serve.
    const server = start(['--fd', '99'], {}, { inherited: socket.descriptor, through })
    socket.close()
    assert.equal(await server.exited(), 5)
  })

  for (const workers of ['1', '2']) {
    it(`takes its standard input for the socket, with ${workers} workers`, async () => {
      const socket = await listeningSocket()
      const launch = { inherited: socket.descriptor, inheritsAs: 0 } as const
      const server = start(['--fd', '0', '--workers', workers], {}, launch)
      socket.close()
      assert.equal((await fetch(await server.url())).status, 200)
    })
  }

  for (const workers of ['1', '2']) {
    it(`knows the path of a unix socket that it inherits, with ${workers} workers`, async function () {
      if (process.platform !== 'linux') this.skip()
      const path = join(folder, 'with space.sock')
      const socket = await listeningSocket(path)
      const server = start(
        ['--fd', '3', '--workers', workers],
        {},
        { inherited: socket.descriptor },
      )
      await server.logged(new RegExp(`listening on unix:${path}\n`))
      // Whoever has bound it removes its file when it closes it, and may take connections until then.
      renameSync(path, `${path}.kept`)
      socket.close()
      renameSync(`${path}.kept`, path)
      const answer = await contentOver(path)
      assert.match(answer, new RegExp(`"client":null,"server":\\["${path}",null\\]`))
    })
  }

  it('leaves a socket alone that was opened for another process', async () => {
    const socket = await listeningSocket()
    const environment = { LISTEN_PID: '1', LISTEN_FDS: '1', ASSAY_PORT: '0' }
    const server = start([], environment, { inherited: socket.descriptor })
    const { port } = new URL(await server.url())
    socket.close()
    assert.equal((await fetch(`http://127.0.0.1:${port}`)).status, 200)
  })
})

describe('as process 1 of a container', function () {
  this.timeout(60_000)
  // Where a kernel lets nobody have a namespace, there is no process 1 to test.
  const through = NAMESPACES.find(works)
  for (const workers of through === undefined ? [] : ['1', '2']) {
    it(`ends in order at SIGTERM, with ${workers} workers`, async () => {
      const server = start(['--port', '0', '--workers', workers], {}, through ? { through } : {})
      assert.equal((await fetch(await server.url())).status, 200)
      // unshare waits for its child, which is process 1 in there.
      const { pid } = server.child
      process.kill(Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')), 'SIGTERM')
      assert.equal(await server.exited(), 0)
    })
  }
})

describe('SIGHUP', function () {
  this.timeout(60_000)

  for (const workers of ['1', '2']) {
    it(`brings a renewed certificate into use, with ${workers} workers`, async () => {
      await withCertificate(async ({ tlsKey, tlsCert }) => {
        const files = ['--tls-key', tlsKey, '--tls-cert', tlsCert]
        const server = start(['--port', '0', '--workers', workers, ...files])
        const port = Number(new URL(await server.url()).port)
        assert.equal(await nameOn(port), 'localhost')
        writeFileSync(tlsCert, RENEWED_CERTIFICATE)
        server.signal('SIGHUP')
        while ((await nameOn(port)) !== 'renewed') {
          // connections that were accepted before have the old one
        }
      })
    })
  }
})

describe('a second signal', function () {
  this.timeout(60_000)

  for (const workers of ['1', '2']) {
    it(`ends it at once, whatever is in progress, with ${workers} workers`, async () => {
      const server = start(['--port', '0', '--workers', workers])
      const url = await server.url()
      const cut = assert.rejects(fetch(`${url}/hold`))
      await server.logged(/fixture: hold/)
      server.signal('SIGTERM')
      const again = setInterval(() => server.signal('SIGTERM'), 100)
      await cut
      await server.exited()
      clearInterval(again)
    })
  }
})
