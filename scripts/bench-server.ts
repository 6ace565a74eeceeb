import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { parseArgs, promisify } from 'node:util'

/**
 * `npm run bench:server`: the reference server beside its peers, requests a second at 64 connections.
 * Rounds are interleaved, server and client each pinned to a core where `taskset` exists, so that a
 * change of the machine's mood falls on all alike; the ratios travel, the figures do not.
 */

const RESPONSE =
  'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 13\r\n\r\nHello, world!'

interface Peer {
  readonly name: string
  /** The bar: reference divided by this peer; null for the reference itself. */
  readonly atLeast: number | null
  readonly command: readonly string[]
}

const here = import.meta.filename
const PEERS: readonly Peer[] = [
  { name: 'canned bytes on node:net', atLeast: 0.68, command: [here, '--peer', 'canned'] },
  { name: 'node:http', atLeast: 1.3, command: [here, '--peer', 'http'] },
  {
    name: 'reference',
    atLeast: null,
    command: [
      new URL('../reference-server/main.js', import.meta.url).pathname,
      new URL('../examples/hello.js:app', import.meta.url).pathname,
      '--port',
      '0',
    ],
  },
]

const { values: flags } = parseArgs({
  options: {
    peer: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '64' },
  },
})

if (flags.peer === undefined) await compare()
else servePeer(flags.peer)

/** Runs one of the yardsticks in this process. */
function servePeer(name: string): void {
  const server =
    name === 'canned'
      ? createServer({ noDelay: true }, (socket) => {
          const bytes = Buffer.from(RESPONSE)
          socket.on('data', () => socket.write(bytes))
          socket.on('error', () => socket.destroy())
        })
      : createHttpServer((_request, response) => {
          response.setHeader('content-type', 'text/plain')
          response.setHeader('content-length', '13')
          response.end('Hello, world!')
        })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (address !== null && typeof address === 'object') {
      process.stderr.write(`listening on http://127.0.0.1:${address.port}\n`)
    }
  })
}

async function compare(): Promise<void> {
  const rounds = Number(flags.rounds)
  const results = new Map<string, number[]>(PEERS.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const peer of PEERS) results.get(peer.name)?.push(await measure(peer))
  }
  report(results)
}

/** Requests a second of one fresh server process. */
async function measure(peer: Peer): Promise<number> {
  const server = spawnPinned('0', [process.execPath, ...peer.command])
  try {
    const url = await listening(server)
    await load(url, '1')
    return await load(url, flags.seconds)
  } finally {
    server.kill('SIGKILL')
  }
}

async function load(url: string, seconds: string): Promise<number> {
  const { connections } = flags
  const [wrk, ...rest] = pinned('1', ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, url])
  const { stdout } = await promisify(execFile)(wrk, rest)
  const match = /Requests\/sec:\s+([\d.]+)/.exec(stdout)
  if (match === null) throw new Error(`wrk printed no rate: ${stdout}`)
  const errors = /Non-2xx.*|Socket errors.*/.exec(stdout)
  if (errors !== null) throw new Error(`${url}: ${errors[0]}`)
  return Number(match[1])
}

function pinned(core: string, command: readonly string[]): [string, ...string[]] {
  return ['taskset', '-c', core, ...command]
}

function spawnPinned(core: string, command: readonly string[]): ChildProcess {
  const [program, ...rest] = pinned(core, command)
  return spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'] })
}

async function listening(server: ChildProcess): Promise<string> {
  if (server.stderr === null) throw new Error('The server has no standard error.')
  for await (const line of createInterface({ input: server.stderr })) {
    const match = /listening on (http:\S+)/.exec(line)
    if (match?.[1] !== undefined) return match[1]
  }
  throw new Error('The server ended before it listened.')
}

function report(results: ReadonlyMap<string, readonly number[]>): void {
  const own = median(results.get('reference') ?? [])
  for (const { name, atLeast } of PEERS) {
    const rates = results.get(name) ?? []
    const middle = median(rates)
    const spread = `${thousands(Math.min(...rates))}..${thousands(Math.max(...rates))}`
    const ratio = (own / middle).toFixed(2)
    const bar = atLeast === null ? '' : `reference is ${ratio}x (bar ${atLeast}x)`
    process.stdout.write(`${name.padEnd(28)} ${thousands(middle)} req/s (${spread})  ${bar}\n`)
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}

function thousands(rate: number): string {
  return `${(rate / 1000).toFixed(1)}k`
}
