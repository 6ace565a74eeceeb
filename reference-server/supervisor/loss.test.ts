import assert from 'node:assert/strict'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { afterEach, describe, it } from 'mocha'
import { RawClient } from '../testing/raw-client.ts'
import { ServeProcess } from '../testing/serve-process.ts'
import { SteadyClient } from '../testing/steady-client.ts'

const FIXTURE = resolve(import.meta.dirname, '../testing/fixture-app.js')
const LANES = 8
const started: ServeProcess[] = []

async function start(...args: readonly string[]): Promise<{ server: ServeProcess; port: number }> {
  const server = new ServeProcess([`${FIXTURE}:app`, '--port', '0', ...args])
  started.push(server)
  return { server, port: Number(new URL(await server.url()).port) }
}

/** A client under way, half on kept connections, half on new ones. */
async function busyClient(port: number): Promise<SteadyClient> {
  const client = new SteadyClient(port)
  client.start(LANES, true)
  client.start(LANES, false)
  await client.answers(200)
  return client
}

afterEach(async () => {
  for (const server of started.splice(0)) await server.kill()
})

describe('under load, no request is lost', function () {
  this.timeout(60_000)
  for (const workers of [1, 2]) {
    it(`when SIGTERM ends ${workers === 1 ? 'a process' : 'a supervisor and its workers'}`, async () => {
      const { server, port } = await start('--workers', String(workers))
      await server.logged(new RegExp(`(fixture: startup[^]*){${workers}}`))
      const client = await busyClient(port)
      server.signal('SIGTERM')
      const { lost, refused } = await client.ended()
      assert.deepEqual(lost, [])
      assert.equal(refused, 2 * LANES)
      assert.equal(await server.exited(), 0)
    })
  }

  it('in a rolling restart, and none waits for longer than the restart takes', async () => {
    const { server, port } = await start('--workers', '2')
    await server.logged(/(fixture: startup[^]*){2}/)
    const client = await busyClient(port)
    server.signal('SIGHUP')
    await server.logged(/(fixture: shutdown[^]*){2}/)
    await client.answers(200)
    const { lost, refused } = await client.stop()
    assert.deepEqual(lost, [])
    assert.equal(refused, 0)
  })

  it('when workers retire after so many requests', async () => {
    const { server, port } = await start('--workers', '2', '--limit-max-requests', '300')
    const client = await busyClient(port)
    await server.logged(/(fixture: shutdown[^]*){2}/)
    const { lost, refused } = await client.stop()
    assert.deepEqual(lost, [])
    assert.equal(refused, 0)
  })

  it('but those in flight on a worker that is killed', async () => {
    const { server, port } = await start('--workers', '2')
    await server.logged(/(fixture: startup[^]*){2}/)
    const byWorker = new Map<string, RawClient[]>()
    while ([...byWorker.values()].filter((clients) => clients.length > 1).length < 2) {
      const client = await RawClient.connect(port)
      client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      const pid = /\r\n\r\n(\d+)$/.exec(await client.until('\r\n\r\n'))?.[1] ?? ''
      byWorker.set(pid, [...(byWorker.get(pid) ?? []), client])
    }
    const [[victim, dying] = ['', []], [other, living] = ['', []]] = [...byWorker]
    for (const client of [...dying, ...living]) {
      client.send('GET /hold HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    }
    await server.logged(new RegExp(`(fixture: hold[^]*){${dying.length + living.length}}`))
    process.kill(Number(victim), 'SIGKILL')
    for (const client of dying) assert.doesNotMatch(await client.untilEnd(), /connection: close/)
    await server.logged(/ended with SIGKILL/)
    process.kill(Number(other), 'SIGUSR2')
    for (const client of living) assert.match(await client.untilEnd(), /connection: close[^]*\d$/)
    await server.logged(/(fixture: startup[^]*){3}/)
  })

  it('when their supervisor is killed, behind which workers end in good order', async () => {
    const { server, port } = await start('--workers', '2')
    await server.logged(/(fixture: startup[^]*){2}/)
    const ended = once(server.child, 'close')
    const client = await RawClient.connect(port)
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const worker = /\r\n\r\n(\d+)$/.exec(await client.until('\r\n\r\n'))?.[1]
    client.send('GET /hold HTTP/1.1\r\nHost: a\r\n\r\n')
    await server.logged(/fixture: hold/)
    server.signal('SIGKILL')
    await server.exited()
    process.kill(Number(worker), 'SIGUSR2')
    assert.match(await client.untilEnd(), /connection: close[^]*\d$/)
    await ended
    assert.match(server.log, /(fixture: shutdown[^]*){2}/)
  })
})
