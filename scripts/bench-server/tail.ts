import { rateOf, script } from './generators.ts'
import { NODE_HTTP, type Peer, REFERENCE } from './peers.ts'
import { median, type Row } from './report.ts'
import type { Rounds } from './throughput.ts'

const CONNECTIONS = 64
/** The slowest hundredth settles later than a mean does: its rounds last that many times longer. */
const LONGER = 2

interface Latency {
  readonly p50: number
  readonly p99: number
  readonly rate: number
}

/** p99 of both servers at the same rate of arrivals: half of what node:http can do. */
export async function compareTail({ rounds, seconds }: Rounds): Promise<Row[]> {
  const rate = Math.round((await capacityOf(NODE_HTTP)) / 2)
  const own: Latency[] = []
  const theirs: Latency[] = []
  for (let round = 0; round < rounds; round += 1) {
    own.push(await latencyOf(REFERENCE, rate, seconds))
    theirs.push(await latencyOf(NODE_HTTP, rate, seconds))
  }
  const ratio = median(own.map(({ p99 }, round) => p99 / (theirs[round]?.p99 ?? Number.NaN)))
  return [row(REFERENCE, own, rate, null), row(NODE_HTTP, theirs, rate, ratio)]
}

async function withServer<Value>(
  peer: Peer,
  use: (port: number) => Promise<Value>,
): Promise<Value> {
  const server = await peer.start('hello', null)
  try {
    return await use(server.port)
  } finally {
    await server.stop()
  }
}

function capacityOf(peer: Peer): Promise<number> {
  return withServer(peer, async (port) => {
    const load = { port, connections: CONNECTIONS, seconds: 2 }
    await rateOf({ kind: 'get', secure: false }, { ...load, seconds: 1 })
    return await rateOf({ kind: 'get', secure: false }, load)
  })
}

function latencyOf(peer: Peer, rate: number, seconds: number): Promise<Latency> {
  return withServer(peer, async (port) => {
    const load = { port, connections: CONNECTIONS, seconds: LONGER * seconds }
    const [p50 = 0, p99 = 0, achieved = 0] = (await script('paced-client.js', load, String(rate)))
      .split(' ')
      .map(Number)
    return { p50, p99, rate: achieved }
  })
}

function row(peer: Peer, all: readonly Latency[], rate: number, ratio: number | null): Row {
  const p99 = all.map((latency) => latency.p99)
  const achieved = median(all.map((latency) => latency.rate))
  const p50 = median(all.map((latency) => latency.p50)).toFixed(2)
  return {
    scenario: 'p99',
    peer: peer.name,
    figure: `${median(p99).toFixed(2)} ms (${Math.min(...p99).toFixed(2)} to ${Math.max(...p99).toFixed(2)})`,
    ratio,
    bar: ratio === null ? null : { most: 1 },
    note: `at ${achieved} of ${rate} requests/s wanted; p50 ${p50} ms`,
  }
}
