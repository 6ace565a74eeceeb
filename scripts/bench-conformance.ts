#!/usr/bin/env node
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runSuite } from '../conformance/suite.ts'
import { prepareTarget } from '../targets/prepare.ts'
import { parseTargetSpec } from '../targets/spec.ts'
import type { PreparedTarget } from '../targets/target.ts'

/**
 * Programs a second that the suite runs on a target: one at a time, and with 16 in flight. The
 * programs are those about the scope: each a whole request and response held at both ends.
 * Usage: npm run bench:conformance [-- TARGET...]
 */
const LANES = [1, 16]
const RUNS = 600
const AREA = 'http/scope'
const DEFAULTS = ['reference', 'uvicorn@0.29.0+h11', 'uvicorn@0.29.0+httptools']

async function programsPerSecond(target: PreparedTarget, lanes: number): Promise<number> {
  const evidence = await runSuite({
    target,
    seed: 1,
    runs: RUNS,
    timeMs: null,
    lanes,
    grep: AREA,
    bundle: await mkdtemp(join(tmpdir(), 'assay-bench-')),
    onEvent: () => undefined,
    signal: new AbortController().signal,
  })
  return evidence.stats.programsPerSecond
}

const named = process.argv.slice(2)
console.log(
  `target${' '.repeat(26)}${LANES.map((lanes) => `${lanes} in flight`.padStart(14)).join('')}`,
)
for (const text of named.length > 0 ? named : DEFAULTS) {
  const target = await prepareTarget(parseTargetSpec(text, { serverArgs: [], pins: [] }))
  const speeds: string[] = []
  for (const lanes of LANES) {
    speeds.push(`${await programsPerSecond(target, lanes)}/s`.padStart(14))
  }
  console.log(`${text.padEnd(32)}${speeds.join('')}`)
}
