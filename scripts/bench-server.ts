import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { withCertificate } from '../reference-server/testing/certificate.ts'
import { generatorName, has } from './bench-server/generators.ts'
import { compareMemory } from './bench-server/memory.ts'
import { printHeading, printRow } from './bench-server/report.ts'
import { compareTail } from './bench-server/tail.ts'
import { compare, SCENARIOS } from './bench-server/throughput.ts'

/**
 * `npm run bench:server [-- --only hello,tls]`: the reference server beside its peers. Rounds are
 * interleaved, and servers and generators each have a core of their own where `taskset` exists; the
 * ratios travel, the figures do not.
 */
const { values: flags } = parseArgs({
  options: {
    only: {
      type: 'string',
      default: [...SCENARIOS.map(({ name }) => name), 'memory', 'p99'].join(),
    },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    idle: { type: 'string', default: '10000' },
  },
})

const wanted = new Set(flags.only.split(','))
const rounds = { rounds: Number(flags.rounds), seconds: Number(flags.seconds) }

// The servers inherit the core of this process, which does nothing while they are loaded.
if (has('taskset')) execFileSync('taskset', ['-cp', '0', String(process.pid)], { stdio: 'ignore' })

process.stdout.write(`generator: ${generatorName()}\n`)
printHeading()
for (const scenario of SCENARIOS.filter(({ name }) => wanted.has(name))) {
  await withCertificate(async ({ tlsKey, tlsCert }) => {
    const files = { key: tlsKey, certificate: tlsCert, clientAuthority: null }
    const rows = await compare(scenario, rounds, files)
    rows.forEach(printRow)
  })
}
if (wanted.has('memory')) {
  const rows = await compareMemory(rounds.rounds, Number(flags.idle))
  rows.forEach(printRow)
}
if (wanted.has('p99')) {
  const rows = await compareTail(rounds)
  rows.forEach(printRow)
}
