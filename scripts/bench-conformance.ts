#!/usr/bin/env node
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runSuite } from '../conformance/suite.ts'
import { prepareTarget } from '../targets/prepare.ts'
import { parseTargetSpec } from '../targets/spec.ts'
import type { PreparedTarget } from '../targets/target.ts'

/**
 * Programs a second that the suite runs on a target, between the first and the last: one at a time, and
 * with 16 and 32 in flight. Each program is a whole request and response held at both ends; beside them stands what each costs in processor time, which says more on a busy machine.
 * Usage: npm run bench:conformance [-- TARGET...]
 */
const LANES = [1, 16, 32]
const PROGRAMS = 20_000
/** One request in one piece, one response, and nothing else. */
const PROPERTIES = [
  'http/scope/method',
  'http/scope/query-string',
  'http/scope/http-version',
  'http/scope/headers-bytes',
]
const DEFAULTS = ['reference', 'uvicorn@0.29.0+h11', 'uvicorn@0.29.0+httptools']

interface Speed {
  readonly perSecond: number
  /** Microseconds of processor time of the suite itself. */
  readonly cost: number
}

async function speedOf(target: PreparedTarget, lanes: number): Promise<Speed> {
  const bundle = await mkdtemp(join(tmpdir(), 'assay-bench-'))
  const each = PROGRAMS / PROPERTIES.length / (lanes === 1 ? 4 : 1)
  let programs = 0
  let began = 0
  let ended = 0
  let used = process.cpuUsage()
  await runSuite({
    target,
    seed: 1,
    runs: each,
    launches: 0,
    timeMs: null,
    lanes,
    grep: null,
    properties: new Set(PROPERTIES),
    bundle,
    onEvent: ({ kind }) => {
      if (kind !== 'program') return
      programs += 1
      ended = performance.now()
      if (programs > 1) return
      began = ended
      used = process.cpuUsage()
    },
    signal: new AbortController().signal,
  })
  const { user, system } = process.cpuUsage(used)
  await rm(bundle, { recursive: true, force: true })
  return {
    perSecond: Math.round((1000 * (programs - 1)) / (ended - began)),
    cost: Math.round((user + system) / programs),
  }
}

const named = process.argv.slice(2)
console.log(
  `target${' '.repeat(26)}${LANES.map((lanes) => `${lanes} in flight`.padStart(18)).join('')}`,
)
for (const text of named.length > 0 ? named : DEFAULTS) {
  const target = await prepareTarget(parseTargetSpec(text, { serverArgs: [], pins: [] }))
  const speeds: string[] = []
  for (const lanes of LANES) {
    const { perSecond, cost } = await speedOf(target, lanes)
    speeds.push(`${perSecond}/s ${cost} µs`.padStart(18))
  }
  console.log(`${text.padEnd(32)}${speeds.join('')}`)
}
