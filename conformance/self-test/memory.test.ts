import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { after, before, describe, it } from 'mocha'

/** Runs one property twice in one process and prints the live heap after each run, in bytes. */
const MEASURE = `
const [root, folder, ...counts] = process.argv.slice(1)
const { prepareTarget } = await import(root + '/../targets/prepare.js')
const { runSuite } = await import(root + '/suite.js')
const target = await prepareTarget({ name: 'reference', version: null, flavours: [], serverArgs: [], pins: [] })
const heaps = []
for (const runs of counts.map(Number)) {
  const { stats } = await runSuite({
    target, seed: 5, runs, launches: 1, timeMs: null, lanes: 16, grep: 'http/send/response',
    bundle: folder, onEvent: () => undefined, signal: new AbortController().signal,
  })
  if (stats.programs < runs) throw new Error('only ' + stats.programs + ' programs were run')
  globalThis.gc()
  heaps.push(process.memoryUsage().heapUsed)
}
console.log(JSON.stringify(heaps))`

/** What five times the programs may add to the live heap: a leak of one kilobyte each would add half. */
const GROWTH = 1.15

describe('the memory of a run', function () {
  this.timeout(120_000)
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'assay-memory-'))
  })

  after(() => rm(folder, { recursive: true, force: true }))

  it('does not grow with the number of programs: 10,000 leave no more behind than 2,000', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--expose-gc',
      '--input-type=module',
      '-e',
      MEASURE,
      join(import.meta.dirname, '..'),
      folder,
      '2000',
      '10000',
    ])
    const [few = 0, many = Number.POSITIVE_INFINITY]: number[] = JSON.parse(stdout)
    assert.ok(many < GROWTH * few, `${few} bytes after 2,000 programs, ${many} after 10,000`)
  })
})
