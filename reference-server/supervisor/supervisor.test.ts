import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, describe, it } from 'mocha'
import { EXIT } from '../../evidence/verdict.ts'
import { freePort } from '../testing/configured.ts'
import { RawClient } from '../testing/raw-client.ts'
import { ServeProcess } from '../testing/serve-process.ts'

const FIXTURE = resolve(import.meta.dirname, '../testing/fixture-app.js')
const started: ServeProcess[] = []

function start(...args: readonly string[]): ServeProcess {
  const server = new ServeProcess([`${FIXTURE}:app`, '--port', '0', ...args])
  started.push(server)
  return server
}

/** What it has logged, each of which is a JSON object. */
function linesOf(server: ServeProcess): readonly string[] {
  const lines = server.log.split('\n').filter((line) => !/^(fixture: .*)?$/.test(line))
  for (const line of lines) assert.doesNotThrow(() => JSON.parse(line), line)
  return lines
}

/** On a connection of its own, so that any worker may answer. */
async function ask(url: string): Promise<string> {
  const response = await fetch(url, { headers: { connection: 'close' } })
  return await response.text()
}

/** A port of the loopback interface that somebody listens on for the length of `body`. */
async function withTakenPort(body: (port: string) => Promise<void>): Promise<void> {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  try {
    await body(String(typeof address === 'object' && address !== null ? address.port : 0))
  } finally {
    other.close()
  }
}

afterEach(async () => {
  for (const server of started.splice(0)) await server.kill()
})

describe('a server process', () => {
  it('finishes requests in progress and the lifespan before it exits with 0', async () => {
    const server = start()
    const url = await server.url()
    const slow = ask(`${url}/slow`)
    await server.logged(/fixture: slow/)
    server.signal('SIGTERM')
    assert.match(await slow, /^\d+$/)
    assert.equal(await server.exited(), 0)
    assert.match(server.log, /fixture: startup[^]*fixture: shutdown/)
  })

  it('waits for a start that was interrupted no longer than for requests, and exits with 0', async () => {
    const server = new ServeProcess([`${FIXTURE}:starting`, '--timeout-shutdown', '0.2'])
    started.push(server)
    await server.logged(/fixture: starting/)
    server.signal('SIGTERM')
    assert.equal(await server.exited(), EXIT.pass)
    assert.match(server.log, /start of the application is not waited for/)
  })

  for (const [which, phase] of [
    ['starting', 'start'],
    ['stopping', 'shutdown'],
  ] as const) {
    it(`waits for no ${phase} of the application beyond a second signal`, async () => {
      const server = new ServeProcess([`${FIXTURE}:${which}`, '--port', '0'])
      started.push(server)
      if (which === 'stopping') {
        await server.url()
        server.signal('SIGTERM')
      }
      await server.logged(new RegExp(`fixture: ${which}`))
      if (which === 'starting') server.signal('SIGTERM')
      server.signal('SIGINT')
      assert.equal(await server.exited(), EXIT.pass)
      assert.match(server.log, new RegExp(`${phase} .*is not waited for`))
    })
  }

  it('answers a signal that comes while the application starts when that is over', async () => {
    const server = new ServeProcess([`${FIXTURE}:held`, '--port', '0'])
    started.push(server)
    await server.logged(/fixture: held/)
    server.signal('SIGHUP')
    server.signal('SIGUSR2')
    await server.logged(/no certificates to read again/)
    await server.url()
    server.signal('SIGTERM')
    assert.equal(await server.exited(), EXIT.pass)
    assert.match(server.log, /fixture: shutdown/)
  })

  it('logs a rejection that nobody handles, and goes on', async () => {
    const server = start('--log-format', 'json')
    const url = await server.url()
    const others = ask(`${url}/slow`)
    await server.logged(/fixture: slow/)
    assert.match(await ask(`${url}/stray`), /^\d+$/)
    await server.logged(/stray/)
    assert.match(await others, /^\d+$/)
    const client = await RawClient.connect(Number(new URL(url).port))
    client.send('GET /late HTTP/1.1\r\nHost: a\r\n\r\n')
    await server.logged(/fixture: late/)
    client.socket.destroy()
    await server.logged(/fixture: left/)
    server.signal('SIGTERM')
    assert.equal(await server.exited(), EXIT.pass)
    const errors = linesOf(server).filter((line) => line.includes('"level":50'))
    assert.equal(errors.length, 1)
    assert.match(errors[0] ?? '', /"message":"stray".*"msg":"A promise was rejected/)
    assert.match(server.log, /fixture: shutdown/)
  })

  it('logs an exception that nobody catches, at any level, and exits with 1', async () => {
    const port = String(await freePort())
    const server = start('--log-format', 'json', '--log-level', 'silent', '--port', port)
    const url = `http://127.0.0.1:${port}`
    while ((await ask(url).catch(() => '')) === '');
    const cut = assert.rejects(ask(`${url}/throw`))
    assert.equal(await server.exited(), 1)
    await cut
    const [last, ...others] = linesOf(server)
    assert.match(last ?? '', /"message":"thrown".*"msg":"An exception was thrown/)
    assert.deepEqual(others, [])
  })

  it('exits with 3 and the message when the application refuses to start', async () => {
    const server = new ServeProcess([`${FIXTURE}:failing`, '--port', '0'])
    assert.equal(await server.exited(), 3)
    assert.match(server.log, /no database/)
  })

  it('exits with 2 and one JSON object when its certificate is none', async () => {
    const files = ['--tls-key', FIXTURE, '--tls-cert', FIXTURE, '--log-format', 'json']
    const server = start(...files)
    assert.equal(await server.exited(), EXIT.usage)
    const told: unknown = JSON.parse(server.log)
    assert.match(JSON.stringify(told), /holds no private key in PEM/)
  })

  it('exits with 5 and says so when the port is taken', async () => {
    await withTakenPort(async (port) => {
      const server = new ServeProcess([`${FIXTURE}:app`, '--port', port])
      assert.equal(await server.exited(), 5)
      assert.match(server.log, /Another process listens there/)
    })
  })

  it('exits with 5 when no socket can have so long a path, and listens nowhere else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assay-long-'))
    const path = join(folder, 'x'.repeat(144))
    const server = start('--uds', path)
    assert.equal(await server.exited(), EXIT.infrastructure)
    assert.ok(server.log.includes(`${path}: The path of a unix socket cannot be that long.`))
    assert.deepEqual(await readdir(folder), [])
    await rm(folder, { recursive: true })
  })

  it('undoes its start when the port of the metrics is taken', async () => {
    const path = join(tmpdir(), `assay-undone-${process.pid}.sock`)
    await withTakenPort(async (port) => {
      const server = start('--uds', path, '--metrics-port', port)
      assert.equal(await server.exited(), EXIT.infrastructure)
      assert.match(server.log, /fixture: startup[^]*fixture: shutdown[^]*Another process listens/)
      assert.ok(!existsSync(path))
    })
  })

  it('takes the application from a factory', async () => {
    const server = new ServeProcess([`${FIXTURE}:factory`, '--factory', '--port', '0'])
    started.push(server)
    assert.match(await ask(await server.url()), /^\d+$/)
  })

  it('exits with 2 and the message when the factory raises', async () => {
    const application = `${FIXTURE}:failingFactory`
    const server = new ServeProcess([application, '--factory', '--port', '0'])
    started.push(server)
    assert.equal(await server.exited(), EXIT.usage)
    assert.ok(server.log.startsWith(`error: ${application}: The factory raised: no templates`))
  })

  it('exits with 2 and says so when the factory returns no application', async () => {
    const server = new ServeProcess([`${FIXTURE}:noFactory`, '--factory', '--port', '0'])
    started.push(server)
    assert.equal(await server.exited(), EXIT.usage)
    assert.match(server.log, /:noFactory: The factory returned no application, .* but number\./)
  })

  it('stops after the number of requests that it should serve', async () => {
    const server = start('--limit-max-requests', '2')
    const url = await server.url()
    await ask(url)
    await ask(url)
    assert.equal(await server.exited(), 0)
  })
})

describe('a supervisor', () => {
  it('replaces a worker that is killed, and answers all the while', async () => {
    const server = start('--workers', '2')
    const url = await server.url()
    await server.logged(/(fixture: startup[^]*){2}/)
    const victim = await ask(url)
    process.kill(Number(victim), 'SIGKILL')
    await server.logged(/ended with SIGKILL/)
    await server.logged(/(fixture: startup[^]*){3}/)
    assert.match(await ask(url), /^\d+$/)
    server.signal('SIGTERM')
    assert.equal(await server.exited(), 0)
  })

  it('does not try for ever to start what cannot start', async () => {
    const server = new ServeProcess([`${FIXTURE}:failing`, '--port', '0', '--workers', '2'])
    started.push(server)
    assert.equal(await server.exited(), 3)
  })

  it('loses no request in a rolling restart, after which only new workers answer', async () => {
    const server = start('--workers', '2')
    const url = await server.url()
    await server.logged(/(fixture: startup[^]*){2}/)
    const before = new Set<string>()
    for (let i = 0; i < 20; i += 1) before.add(await ask(url))
    server.signal('SIGHUP')
    const rolled = server.logged(/(fixture: shutdown[^]*){2}/)
    const pending = Symbol('pending')
    while ((await Promise.race([rolled, Promise.resolve(pending)])) === pending) {
      assert.match(await ask(url), /^\d+$/)
    }
    for (let i = 0; i < 20; i += 1) assert.ok(!before.has(await ask(url)))
  })

  it('goes on with the workers that it has when the application cannot be loaded again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assay-broken-'))
    const file = join(folder, 'app.mjs')
    await writeFile(file, `export { app } from ${JSON.stringify(FIXTURE)}\n`)
    const server = new ServeProcess([`${file}:app`, '--port', '0', '--workers', '2'])
    started.push(server)
    const url = await server.url()
    await server.logged(/(fixture: startup[^]*){2}/)
    await writeFile(file, 'throw new Error("broken")\n')
    // More often than workers are started in vain at the beginning.
    for (let time = 1; time <= 6; time += 1) {
      server.signal('SIGHUP')
      await server.logged(new RegExp(`(restart is given up[^]*){${time}}`))
    }
    assert.match(await ask(url), /^\d+$/)
    await writeFile(file, `export { app } from ${JSON.stringify(FIXTURE)}\n`)
    server.signal('SIGHUP')
    await server.logged(/(fixture: shutdown[^]*){2}/)
    assert.match(await ask(url), /^\d+$/)
    server.signal('SIGTERM')
    assert.equal(await server.exited(), 0)
    await rm(folder, { recursive: true })
  })

  it('does not end with 0 when its first worker is killed before it is ready', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assay-killed-'))
    const file = join(folder, 'app.mjs')
    await writeFile(file, 'process.kill(process.pid, "SIGKILL")\n')
    const server = new ServeProcess([`${file}:app`, '--port', '0', '--workers', '2'])
    started.push(server)
    assert.equal(await server.exited(), EXIT.infrastructure)
    await rm(folder, { recursive: true })
  })

  it("kills no worker in the middle of its application's shutdown", async () => {
    const options = ['--port', '0', '--workers', '2', '--timeout-shutdown', '0.1']
    const server = new ServeProcess([`${FIXTURE}:lingering`, ...options])
    started.push(server)
    await server.url()
    server.signal('SIGTERM')
    await server.logged(/fixture: shutdown/)
    assert.equal(await server.exited(), EXIT.pass)
  })

  it('changes the number of workers on TTIN and TTOU', async () => {
    const server = start('--workers', '2')
    await server.url()
    await server.logged(/(fixture: startup[^]*){2}/)
    server.signal('SIGTTIN')
    await server.logged(/(fixture: startup[^]*){3}/)
    server.signal('SIGTTOU')
    await server.logged(/fixture: shutdown/)
    server.signal('SIGTERM')
    assert.equal(await server.exited(), 0)
  })

  it('starts no worker on TTIN once it stops', async () => {
    const server = start('--workers', '2')
    const url = await server.url()
    await server.logged(/(fixture: startup[^]*){2}/)
    const slow = ask(`${url}/slow`)
    await server.logged(/fixture: slow/)
    server.signal('SIGTERM')
    server.signal('SIGTTIN')
    assert.match(await slow, /^\d+$/)
    assert.equal(await server.exited(), 0)
    assert.equal(server.log.match(/fixture: startup/g)?.length, 2)
    assert.equal(server.log.match(/fixture: shutdown/g)?.length, 2)
  })

  it('leaves no worker behind when it is killed itself', async () => {
    const server = start('--workers', '2')
    const url = await server.url()
    await server.logged(/(fixture: startup[^]*){2}/)
    server.signal('SIGKILL')
    await server.exited()
    while (await isServed(url)) {
      // the workers notice that their supervisor is gone and drain
    }
  })

  it('removes its unix socket', async () => {
    const path = join(tmpdir(), `assay-${process.pid}.sock`)
    const server = start('--workers', '2', '--uds', path)
    await server.logged(/listening on unix:/)
    assert.ok(existsSync(path))
    server.signal('SIGTERM')
    assert.equal(await server.exited(), 0)
    assert.ok(!existsSync(path))
  })
})

describe('a unix socket', () => {
  it('that a killed server left behind is no obstacle, one that is listened on is', async () => {
    const path = join(tmpdir(), `assay-stale-${process.pid}.sock`)
    const first = start('--uds', path)
    await first.logged(/listening on unix:/)
    const rival = start('--uds', path)
    assert.equal(await rival.exited(), 5)
    await first.kill()
    assert.ok(existsSync(path))
    const second = start('--uds', path)
    await second.logged(/listening on unix:/)
    second.signal('SIGTERM')
    assert.equal(await second.exited(), 0)
  })
})

async function isServed(url: string): Promise<boolean> {
  return ask(url).then(
    () => true,
    () => false,
  )
}
