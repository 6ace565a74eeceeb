import { CpuLedger, ProcessTree, readProc } from '../../load/meter/process-tree.ts'
import type { TlsFiles } from '../../targets/settings.ts'
import { rateOf, type Traffic } from './generators.ts'
import { CANNED, GRANIAN, NODE_HTTP, type Peer, REFERENCE, type Served, UVICORN } from './peers.ts'
import { median, type Row } from './report.ts'

/** One kind of traffic, and whom the reference server must not be behind. */
export interface Scenario {
  readonly name: string
  readonly served: Served
  readonly traffic: Traffic
  readonly connections: number
  /** What the reference's rate divided by the peer's must at least be. */
  readonly bars: readonly (readonly [peer: Peer, atLeast: number])[]
}

const EVEN = [
  [NODE_HTTP, 1],
  [UVICORN, 1],
  [GRANIAN, 1],
] as const

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'hello',
    served: 'hello',
    traffic: { kind: 'get', secure: false },
    connections: 64,
    bars: [
      [CANNED, 0.68],
      [NODE_HTTP, 1.3],
      [UVICORN, 2.2],
      [GRANIAN, 1.7],
    ],
  },
  echo('echo-1k', 1024, 64),
  echo('echo-1m', 1024 * 1024, 8),
  {
    name: 'websocket',
    served: 'echo',
    traffic: { kind: 'websocket' },
    connections: 64,
    bars: EVEN,
  },
  {
    name: 'tls',
    served: 'hello',
    traffic: { kind: 'get', secure: true },
    connections: 64,
    bars: EVEN,
  },
]

function echo(name: string, bytes: number, connections: number): Scenario {
  return { name, served: 'echo', traffic: { kind: 'post', bytes }, connections, bars: EVEN }
}

export interface Rounds {
  readonly rounds: number
  readonly seconds: number
}

interface Sample {
  readonly rate: number
  /** Share of its core that the server used. */
  readonly busy: number
  /** Microseconds of CPU for each answer: what other work on the machine disturbs least. */
  readonly cost: number
  /** Share of its core that other processes used. */
  readonly others: number
}

/** Every peer once, one after the other. */
type Round = ReadonlyMap<Peer, Sample>

/** A round is taken again at most so often when other work on the machine disturbed it. */
const ATTEMPTS = 4

/** Share of a server's core that others may have used. */
const DISTURBED = 0.1

/**
 * Each round starts every peer anew, so that a change of the machine's mood falls on all alike. Of more
 * rounds than are asked for those count that were disturbed least, whatever they came to.
 */
export async function compare(
  scenario: Scenario,
  { rounds, seconds }: Rounds,
  tls: TlsFiles,
): Promise<Row[]> {
  const peers = [REFERENCE, ...scenario.bars.map(([peer]) => peer)]
  const taken: Round[] = []
  const calm = (): Round[] => taken.filter((round) => disturbanceOf(round) < DISTURBED)
  while (taken.length < ATTEMPTS * rounds && calm().length < rounds) {
    const round = new Map<Peer, Sample>()
    for (const peer of peers) round.set(peer, await sample(peer, scenario, seconds, tls))
    taken.push(round)
  }
  const best = taken.toSorted((a, b) => disturbanceOf(a) - disturbanceOf(b)).slice(0, rounds)
  const samplesOf = (peer: Peer): Sample[] => best.flatMap((round) => round.get(peer) ?? [])
  return peers.map((peer) => {
    const bar = scenario.bars.find(([other]) => other === peer)?.[1] ?? null
    return rowOf(scenario.name, peer.name, samplesOf(REFERENCE), samplesOf(peer), bar)
  })
}

function disturbanceOf(round: Round): number {
  return Math.max(...[...round.values()].map(({ others }) => others))
}

function rowOf(
  scenario: string,
  peer: string,
  own: readonly Sample[],
  taken: readonly Sample[],
  bar: number | null,
): Row {
  const rates = taken.map(({ rate }) => rate)
  // Paired by round: what was measured side by side is divided.
  const ratios = own.map(({ rate }, round) => rate / (rates[round] ?? Number.NaN))
  const costs = own.map(({ cost }, round) => (taken[round]?.cost ?? Number.NaN) / cost)
  return {
    scenario,
    peer,
    figure: `${perSecond(median(rates))} (${perSecond(Math.min(...rates))} to ${perSecond(Math.max(...rates))})`,
    ratio: bar === null ? null : median(ratios),
    bar: bar === null ? null : { least: bar },
    note: [
      `${median(taken.map(({ cost }) => cost)).toFixed(1)} us of CPU an answer`,
      ...(bar === null ? [] : [`by which it is ${median(costs).toFixed(2)}x`]),
      ...busyNote(
        median(taken.map(({ busy }) => busy)),
        Math.max(...taken.map(({ others }) => others)),
      ),
    ].join(', '),
  }
}

/** Below this share of its core a server was not what limited the rate. */
const BUSY = 0.9

function busyNote(busy: number, others: number): string[] {
  if (others >= DISTURBED) return [`disturbed: others used up to ${percent(others)} of its core`]
  return busy < BUSY ? [`only ${percent(busy)} busy: the generator was the limit`] : []
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}

/** Seconds that processes have spent on the servers' core: `cpu0` in /proc/stat, in steps of 10 ms. */
function coreSeconds(): number {
  const times = /^cpu0 (\d+) (\d+) (\d+)/m.exec(readProc('stat') ?? '')
  return times === null ? 0 : (Number(times[1]) + Number(times[2]) + Number(times[3])) / 100
}

async function sample(
  peer: Peer,
  { served, traffic, connections }: Scenario,
  seconds: number,
  tls: TlsFiles,
): Promise<Sample> {
  const secure = traffic.kind === 'get' && traffic.secure
  const server = await peer.start(served, secure ? tls : null)
  try {
    const load = { port: server.port, connections, seconds }
    await rateOf(traffic, { ...load, seconds: 1 })
    const tree = new ProcessTree(server.pid)
    const ledger = new CpuLedger()
    ledger.read(tree.search())
    const coreBefore = coreSeconds()
    const began = performance.now()
    const rate = await rateOf(traffic, load)
    const elapsed = (performance.now() - began) / 1000
    const { run } = ledger.read(tree.members())
    const others = (coreSeconds() - coreBefore - run) / elapsed
    return { rate, busy: run / elapsed, cost: (1e6 * run) / (rate * seconds), others }
  } finally {
    await server.stop()
  }
}

function perSecond(rate: number): string {
  return rate < 1000 ? `${rate.toFixed(0)}/s` : `${(rate / 1000).toFixed(1)}k/s`
}
