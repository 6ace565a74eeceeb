#!/usr/bin/env node
import {
  type Recall,
  recall,
  type Sighting,
  targetOf,
} from '../conformance/self-test/recall/measure.ts'
import type { HistoricalBug } from '../conformance/self-test/recall/recall.ts'
import { HISTORICAL_BUGS } from '../conformance/self-test/recall/registry.ts'

/**
 * How many historical bugs of real servers the suite recalls: flags on the last bad release, and is
 * silent about on the first fixed one. Needs the package index.
 * Usage: npm run recall [-- PART-OF-ID...] [--full] [--verbose]
 */
const words = process.argv.slice(2)
const full = words.includes('--full')
const verbose = words.includes('--verbose')
const names = words.filter((word) => !word.startsWith('--'))

// Each run of mocha leaves its listeners on the process.
process.setMaxListeners(0)
const interruption = new AbortController()
process.once('SIGINT', () => {
  interruption.abort()
})

const bugs = HISTORICAL_BUGS.filter(
  ({ id }) => names.length === 0 || names.some((name) => id.includes(name)),
)
let recalled = 0
for (const bug of bugs) {
  if (interruption.signal.aborted) break
  const result = await measure(bug)
  if (result !== null && result.recalled) recalled += 1
}
console.log(`${recalled} of ${bugs.length} recalled`)
process.exitCode = recalled === bugs.length ? 0 : 1

async function measure(bug: HistoricalBug): Promise<Recall | null> {
  try {
    const result = await recall(bug, { full, seed: 1, signal: interruption.signal })
    console.log(`${result.recalled ? 'yes' : 'NO '}  ${bug.id}`)
    if (verbose || !result.recalled) {
      tell(targetOf(bug, bug.bad), result.bad)
      if (result.fixed !== null) tell(targetOf(bug, bug.fixed), result.fixed)
    }
    return result
  } catch (error) {
    console.log(`NO   ${bug.id}: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
}

function tell(target: string, { findings, others }: Sighting): void {
  console.log(`       ${target}: ${[...findings, ...others].join(' | ') || 'nothing'}`)
}
