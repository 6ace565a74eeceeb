import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parsePss } from '../../load/meter/proc.ts'
import { readProc } from '../../load/meter/process-tree.ts'
import { pinned, rateOf } from './generators.ts'
import { firstLine, NODE_HTTP, type Peer, REFERENCE } from './peers.ts'
import { median, type Row } from './report.ts'

/** What one idle keep-alive connection costs, from the memory of a process with many of them. */
export async function compareMemory(rounds: number, connections: number): Promise<Row[]> {
  const own: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    own.push(await bytesEach(REFERENCE, connections))
    theirs.push(await bytesEach(NODE_HTTP, connections))
  }
  const ratio = median(own.map((bytes, round) => bytes / (theirs[round] ?? Number.NaN)))
  return [row(REFERENCE, own, connections, null), row(NODE_HTTP, theirs, connections, ratio)]
}

function row(peer: Peer, bytes: readonly number[], connections: number, ratio: number | null): Row {
  return {
    scenario: 'memory',
    peer: peer.name,
    figure: `${kib(median(bytes))} KiB (${kib(Math.min(...bytes))} to ${kib(Math.max(...bytes))})`,
    ratio,
    bar: ratio === null ? null : { most: 1 },
    note: `for each of ${connections} idle connections`,
  }
}

function kib(bytes: number): string {
  return (bytes / 1024).toFixed(1)
}

async function bytesEach(peer: Peer, connections: number): Promise<number> {
  const server = await peer.start('hello', null)
  try {
    // The heap has its working size and the code is compiled before the connections come.
    await rateOf({ kind: 'get', secure: false }, { port: server.port, connections: 64, seconds: 2 })
    const before = memoryOf(server.pid)
    const args = [join(import.meta.dirname, 'idle-client.js'), String(server.port)]
    const [program, ...rest] = pinned(process.execPath, [...args, String(connections)])
    const client = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await firstLine(client)
      return (memoryOf(server.pid) - before) / connections
    } finally {
      client.kill('SIGKILL')
      if (client.exitCode === null) await once(client, 'exit')
    }
  } finally {
    await server.stop()
  }
}

function memoryOf(pid: number): number {
  const bytes = parsePss(readProc(`${pid}/smaps_rollup`) ?? '')
  if (bytes === null) throw new Error('The memory of a process can only be read on Linux.')
  return bytes
}
