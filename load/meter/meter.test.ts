import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { afterEach, before, describe, it } from 'mocha'
import type { RunningTarget } from '../../targets/target.ts'
import { type Faults, startFixture } from '../fixtures/target.ts'
import {
  parseContextSwitches,
  parsePressure,
  parsePss,
  parseRss,
  parseSchedstat,
  parseStat,
  parseSteal,
} from './proc.ts'
import { now, ProcessMeter, whyNoMeter } from './process-meter.ts'
import { cut } from './window.ts'

const MIB = 1024 * 1024

describe('the text of /proc', () => {
  it('is read after the last bracket of a command that holds brackets and blanks', () => {
    const text =
      '1217 (a) b) R 1 1217 1200 34816 1300 4194304 90 0 0 0 123 45 6 7 20 0 1 0 5550 1024 256'
    assert.deepEqual(parseStat(text), {
      parent: 1,
      group: 1217,
      startTicks: 5550,
      cpuSeconds: 1.81,
    })
  })

  it('gives seconds and bytes', () => {
    assert.deepEqual(parseSchedstat('2500000000 1000000 42\n'), { run: 2.5, wait: 0.001 })
    assert.equal(
      parsePss('56 - 7f [rollup]\nRss:  900 kB\nPss:  300 kB\nPss_Anon: 8 kB\n'),
      307_200,
    )
    assert.equal(parseRss('Name:\tnode\nVmRSS:\t     900 kB\n'), 921_600)
    assert.equal(
      parseContextSwitches('voluntary_ctxt_switches:\t40\nnonvoluntary_ctxt_switches:\t2\n'),
      42,
    )
    assert.equal(
      parsePressure('some avg10=2.62 avg60=0.79 avg300=2.62 total=78919997\n'),
      78.919997,
    )
    assert.equal(parseSteal('cpu  10 20 30 40 50 60 70 800 0 0\ncpu0 1 2\n'), 8)
  })

  it('says nothing where the kernel says nothing', () => {
    assert.deepEqual(
      [parsePss(''), parseRss(''), parsePressure(''), parseSteal('')],
      [null, null, null, null],
    )
  })
})

describe('a window cut out of a reading', () => {
  const counters = [0, 1000, 2000, 3000].map((at) => ({
    at,
    cpu: at / 2000,
    wait: 0,
    pressure: at / 10_000,
    steal: null,
  }))
  const memory = [500, 1500, 2500].map((at) => ({
    at,
    bytes: at,
    descriptors: 3,
    contextSwitches: at,
  }))

  it('interpolates counters at both ends and keeps the samples inside', () => {
    const window = cut({ counters, memory, memorySource: 'PSS' }, { from: 500, to: 2500 })
    assert.deepEqual(window?.cpu, [
      [0, 0],
      [0.5, 0.25],
      [1.5, 0.75],
      [2, 1],
    ])
    assert.deepEqual(window?.memory, [
      [0, 500],
      [1, 1500],
      [2, 2500],
    ])
    assert.deepEqual([window?.contextSwitches, window?.stealShare], [2000, null])
    assert.ok(Math.abs((window?.pressureShare ?? 0) - 0.1) < 1e-9)
  })

  it('is not there when the reading ended before it', () => {
    assert.equal(cut({ counters, memory, memorySource: 'PSS' }, { from: 4000, to: 5000 }), null)
  })
})

describe('the meter', () => {
  let server: RunningTarget | null = null
  afterEach(async () => {
    await server?.stop()
    server = null
  })
  before(function () {
    if (process.platform !== 'linux') this.skip()
  })

  async function metered(faults: Faults, use: () => Promise<void>) {
    server = await startFixture(faults)
    const meter = new ProcessMeter(server.pid ?? 0, { memory: true })
    meter.start()
    const from = now()
    await use()
    const reading = meter.stop()
    return cut(reading, { from, to: reading.counters.at(-1)?.at ?? 0 })
  }

  it('counts the memory of the children, and once what they share', async () => {
    const alone = await metered({}, async () => undefined)
    await server?.stop()
    const family = await metered({ CHILD_BYTES: 64 * MIB }, async () => undefined)
    const grown = (family?.memory[0]?.[1] ?? 0) - (alone?.memory[0]?.[1] ?? 0)
    // A second Node.js process of its own, and what it was told to hold.
    assert.ok(grown > 64 * MIB && grown < 140 * MIB, `${grown / MIB} MiB`)
  })

  it('counts an open connection as a descriptor', async () => {
    server = await startFixture()
    const { port, pid } = server
    const meter = new ProcessMeter(pid ?? 0, { memory: true })
    meter.start()
    const sockets = Array.from({ length: 20 }, () => createConnection(port, '127.0.0.1'))
    for (const socket of sockets) {
      socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
      await once(socket, 'data')
    }
    const { memory } = meter.stop()
    for (const socket of sockets) socket.destroy()
    const [first, last] = [memory[0], memory.at(-1)]
    assert.equal((last?.descriptors ?? 0) - (first?.descriptors ?? 0), 20)
  })

  it('agrees with what a process says of its own CPU time', async () => {
    const meter = new ProcessMeter(process.pid, { memory: false })
    const started = process.cpuUsage()
    meter.start()
    let spin = 0
    while (process.cpuUsage(started).user < 300_000) spin += 1
    const { counters } = meter.stop()
    const { user, system } = process.cpuUsage(started)
    const own = (user + system) / 1e6
    const seen = counters.at(-1)?.cpu ?? 0
    assert.ok(Math.abs(seen - own) < 0.1 * own, `${seen} s, not ${own} s, after ${spin} turns`)
  })

  it('says why it cannot measure a server that it did not start, or that is gone', () => {
    assert.match(whyNoMeter(null) ?? '', /started by its user/)
    assert.match(whyNoMeter(2 ** 22 + 1) ?? '', /cannot be read/)
  })
})
