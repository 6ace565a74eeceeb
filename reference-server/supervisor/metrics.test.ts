import assert from 'node:assert/strict'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { afterEach, describe, it } from 'mocha'
import { freePort } from '../testing/configured.ts'
import { ServeProcess } from '../testing/serve-process.ts'

const FIXTURE = resolve(import.meta.dirname, '../testing/fixture-app.js')
const started: ServeProcess[] = []

interface Scraped {
  readonly server: ServeProcess
  readonly ask: (path?: string) => Promise<string>
  readonly scrape: () => Promise<string>
  readonly metrics: string
  /** Scrapes until so many workers are counted. */
  readonly workers: (count: number) => Promise<string>
}

async function start(...args: readonly string[]): Promise<Scraped> {
  const port = String(await freePort())
  const metrics = `http://127.0.0.1:${port}/metrics`
  const options = ['--port', '0', '--workers', '2', '--metrics-port', port, ...args]
  const server = new ServeProcess([`${FIXTURE}:app`, ...options])
  started.push(server)
  const url = await server.url()
  const ask = async (path = '/'): Promise<string> =>
    await (await fetch(`${url}${path}`, { headers: { connection: 'close' } })).text()
  const scrape = async (): Promise<string> => await (await fetch(metrics)).text()
  const workers = async (count: number): Promise<string> => {
    let text: string
    do text = await scrape()
    while (!text.includes(`\nassay_workers ${count}\n`))
    return text
  }
  await workers(2)
  return { server, ask, scrape, metrics, workers }
}

function served(text: string): number {
  return Number(/^assay_requests_total\{type="http",status="200"\} (\d+)$/m.exec(text)?.[1] ?? 0)
}

afterEach(async () => {
  for (const server of started.splice(0)) await server.kill()
})

describe('the metrics of a supervisor', () => {
  it('are served while a worker lives whose channel to it is closed', async () => {
    const { server, ask, scrape } = await start()
    const parted = ask('/part')
    const pid = Number((await server.logged(/fixture: parted by (\d+)\n/))[1])
    assert.match(await scrape(), /^assay_workers \d$/m)
    process.kill(pid, 'SIGUSR2')
    assert.equal(await parted, String(pid))
    server.signal('SIGTERM')
    assert.equal(await server.exited(), 0)
  })

  it('are served while a worker is too busy to say what it counts', async () => {
    const { server, ask, scrape } = await start()
    await ask()
    // What its worker has not said by then it cannot say any more.
    await scrape()
    ask('/block').catch(() => {})
    await server.logged(/fixture: block/)
    assert.equal(served(await scrape()), 1)
  })

  it('are got with parameters too, and by no other method', async () => {
    const { metrics } = await start()
    assert.match(await (await fetch(`${metrics}?name=a`)).text(), /^assay_workers 2$/m)
    const refused = await fetch(metrics, { method: 'POST' })
    assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET, HEAD'])
    assert.equal((await fetch(`${metrics}-of-others`)).status, 404)
  })

  it('leave nothing behind in it, however often they are asked for', async () => {
    const { server, scrape } = await start()
    for (let time = 1; time <= 12; time += 1) await scrape()
    server.signal('SIGTERM')
    await once(server.child, 'close')
    assert.doesNotMatch(server.log, /MaxListenersExceededWarning/)
  })

  it('count what workers have served that are no more', async () => {
    const { server, ask, scrape, workers } = await start()
    const victim = Number(await ask())
    for (let time = 2; time <= 6; time += 1) await ask()
    assert.equal(served(await scrape()), 6)
    process.kill(victim, 'SIGKILL')
    await server.logged(/ended with SIGKILL/)
    assert.equal(served(await scrape()), 6)
    await server.logged(/(fixture: startup[^]*){3}/)
    server.signal('SIGHUP')
    await ask()
    await server.logged(/(fixture: shutdown[^]*){2}/)
    await ask()
    assert.equal(served(await workers(2)), 8)
  })

  it('count nothing as in progress in a worker that was killed', async () => {
    const { server, ask, scrape, workers } = await start()
    const held = ask('/hold').catch(() => 'lost')
    await server.logged(/fixture: hold/)
    assert.match(await scrape(), /^assay_requests_in_progress 1$/m)
    const pids = new Set<string>()
    while (pids.size < 2) pids.add(await ask())
    for (const pid of pids) process.kill(Number(pid), 'SIGKILL')
    assert.equal(await held, 'lost')
    await server.logged(/(fixture: startup[^]*){4}/)
    assert.match(await workers(2), /^assay_requests_in_progress 0$/m)
  })
})
