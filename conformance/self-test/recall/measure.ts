import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Finding } from '../../../evidence/conformance.ts'
import { prepareTarget } from '../../../targets/prepare.ts'
import { formatTargetSpec } from '../../../targets/spec.ts'
import { runSuite } from '../../suite.ts'
import type { HistoricalBug } from './recall.ts'

export interface RecallOptions {
  /** True: as `assay conformance` does by default, everything within a minute; false: only what cites the clauses. */
  readonly full: boolean
  readonly seed: number
  readonly signal: AbortSignal
}

/** What the suite said of one release. */
export interface Sighting {
  /** Those of the bug's clauses that failed. */
  readonly failed: readonly string[]
  /** Their findings, in a line each. */
  readonly findings: readonly string[]
  /** Verdicts of those that did not fail: PASS is silence that counts. */
  readonly others: readonly string[]
}

export interface Recall {
  readonly bug: HistoricalBug
  readonly bad: Sighting
  /** Null: not looked at, as the bad release was not flagged. */
  readonly fixed: Sighting | null
  /** Flagged on the last bad release and silent on the first fixed one. */
  readonly recalled: boolean
}

const LANES = 8
const RUNS = 40
const FULL_TIME = 60_000
const FULL_GRACE = 4 * FULL_TIME

/**
 * Runs the suite on both releases.
 * @throws InfrastructureError when one of them cannot be installed or started.
 */
export async function recall(bug: HistoricalBug, options: RecallOptions): Promise<Recall> {
  const bad = await look(bug, bug.bad, options)
  if (bad.failed.length === 0) return { bug, bad, fixed: null, recalled: false }
  const fixed = await look(bug, bug.fixed, options)
  return { bug, bad, fixed, recalled: fixed.failed.length === 0 }
}

async function look(
  bug: HistoricalBug,
  version: string,
  { full, seed, signal }: RecallOptions,
): Promise<Sighting> {
  const target = await prepareTarget(specOf(bug, version), { signal })
  const failed: string[] = []
  const findings: string[] = []
  const others: string[] = []
  const greps = full ? [null] : bug.clauses
  for (const grep of greps) {
    const bundle = await mkdtemp(join(tmpdir(), 'assay-recall-'))
    try {
      const evidence = await runSuite({
        target,
        seed,
        signal,
        bundle,
        grep,
        runs: full ? null : RUNS,
        timeMs: full ? FULL_TIME : null,
        graceMs: full ? FULL_GRACE : 0,
        lanes: LANES,
        pins: pinsOf(bug, version),
        onEvent: () => undefined,
      })
      for (const { id, verdict } of evidence.clauses) {
        if (!bug.clauses.includes(id) || (grep !== null && id !== grep)) continue
        const counts = bug.property === null || breaks(evidence.findings, bug.property, id)
        if (verdict === 'FAIL' && counts) failed.push(id)
        else others.push(`${verdict} ${id}`)
      }
      findings.push(
        ...evidence.findings
          .filter(({ clauses }) => clauses.some((clause) => bug.clauses.includes(clause)))
          .map(({ verdict, clauses, summary }) => `${verdict} ${clauses.join(', ')}: ${summary}`),
      )
    } finally {
      await rm(bundle, { recursive: true, force: true })
    }
  }
  return { failed: [...new Set(failed)], findings: [...new Set(findings)], others }
}

function breaks(findings: readonly Finding[], property: string, clause: string): boolean {
  return findings.some(
    (finding) =>
      finding.verdict === 'FAIL' &&
      finding.property === property &&
      finding.clauses.includes(clause),
  )
}

/** The word for one side of a bug, as a user would type it. */
export function targetOf(bug: HistoricalBug, version: string): string {
  return formatTargetSpec(specOf(bug, version))
}

function specOf(bug: HistoricalBug, version: string): Parameters<typeof formatTargetSpec>[0] {
  const { server, flavours, args } = bug
  return { name: server, version, flavours, serverArgs: args, pins: pinsOf(bug, version) }
}

function pinsOf({ fixed, pins, fixedPins }: HistoricalBug, version: string): readonly string[] {
  return version === fixed ? fixedPins : pins
}
