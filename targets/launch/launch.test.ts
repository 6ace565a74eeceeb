import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { after, before, describe, it } from 'mocha'
import { InfrastructureError } from '../../evidence/errors.ts'
import { launchServer, type ServerCommand } from './launch.ts'
import { accepts, freePort, requireFree } from './port.ts'

const LISTEN = `require('net').createServer(s => s.end()).listen(PORT, '127.0.0.1')`

let folder: string

async function command(script: string, startTimeoutMs = 10_000): Promise<ServerCommand> {
  const port = await freePort('127.0.0.1')
  return {
    label: 'test server',
    executable: process.execPath,
    args: ['-e', script.replaceAll('PORT', String(port))],
    environment: {},
    directory: folder,
    host: '127.0.0.1',
    port,
    uds: null,
    logFile: join(folder, `${port}.log`),
    startTimeoutMs,
    waitUntilListening: true,
    advice: 'read it.',
  }
}

async function failure(attempt: Promise<unknown>): Promise<InfrastructureError> {
  try {
    await attempt
  } catch (error) {
    assert.ok(error instanceof InfrastructureError)
    assert.equal(error.exitCode, 5)
    return error
  }
  return assert.fail('it was launched')
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Waits for the kernel to finish a kill; the test's own time-out bounds it. */
async function untilRefused(port: number): Promise<void> {
  while (await accepts('127.0.0.1', port)) await delay(10)
}

describe('launch', () => {
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-launch-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('returns a server that accepts connections, and stop ends it by SIGTERM', async () => {
    const server = await launchServer(await command(`console.log('up'); ${LISTEN}`))
    assert.ok(await accepts(server.host, server.port))
    assert.match(server.logTail(), /up/)
    assert.deepEqual(await server.stop(), { code: null, signal: 'SIGTERM' })
    assert.ok(!(await accepts(server.host, server.port)))
  })

  it('tells of a server that dies at start-up: how it ended and what it said', async () => {
    const plan = await command(`console.error('no such module'); process.exit(7)`)
    const error = await failure(launchServer(plan))
    assert.equal(error.code, 'launch/died')
    assert.match(error.rule, /exit code 7/)
    assert.match(error.rule, /no such module/)
  })

  it('tells of a server that never listens, and does not leave it running', async () => {
    const plan = await command(`console.log(process.pid); setInterval(() => {}, 1000)`, 300)
    const error = await failure(launchServer(plan))
    assert.equal(error.code, 'launch/never-listened')
    assert.ok(!isAlive(Number(await readFile(plan.logFile, 'utf8'))))
  })

  it('tells of a busy port, before the launch and from the log', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const address = holder.address()
    assert.ok(typeof address === 'object' && address !== null)
    try {
      const early = await failure(requireFree('127.0.0.1', address.port))
      assert.equal(early.code, 'launch/port-busy')
      const plan = await command(LISTEN.replace('PORT', String(address.port)))
      assert.equal((await failure(launchServer(plan))).code, 'launch/port-busy')
    } finally {
      holder.close()
    }
  })

  it('tells of a program that cannot be executed', async () => {
    const plan = { ...(await command(LISTEN)), executable: join(folder, 'absent') }
    assert.equal((await failure(launchServer(plan))).code, 'launch/not-executable')
  })

  it('kills a server that ignores SIGTERM once the grace is over', async () => {
    const server = await launchServer(await command(`process.on('SIGTERM', () => {}); ${LISTEN}`))
    assert.deepEqual(await server.stop(50), { code: null, signal: 'SIGKILL' })
  })

  it('leaves no worker behind when the root process dies', async () => {
    const worker = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(LISTEN)}])`
    const server = await launchServer(await command(worker))
    server.signal('SIGKILL')
    assert.deepEqual(await server.exited, { code: null, signal: 'SIGKILL' })
    await untilRefused(server.port)
  })

  it('leaves no server behind when assay itself is killed', async () => {
    const plan = await command(LISTEN)
    const module = new URL('./launch.js', import.meta.url).href
    const parent = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `import { launchServer } from ${JSON.stringify(module)}
       await launchServer(${JSON.stringify(plan)})
       console.log('launched')`,
    ])
    await once(createInterface(parent.stdout), 'line')
    assert.ok(await accepts('127.0.0.1', plan.port))
    parent.kill('SIGKILL')
    await untilRefused(plan.port)
  })
})
