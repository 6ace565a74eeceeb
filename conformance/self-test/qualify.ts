import { setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { prepareTarget } from '../../targets/prepare.ts'
import type { PreparedTarget } from '../../targets/target.ts'
import type { Mutant } from './mutants/mutant.ts'
import { MUTANTS, mutantById } from './mutants/registry.ts'
import { scoreTrivialServer, type TrivialResult } from './trivial/score.ts'
import { TRIVIAL_SERVERS } from './trivial/trivial-servers.ts'
import { type MutantResult, propertyOf, tryMutant } from './try-mutant.ts'

export type QualificationEvent =
  | { readonly kind: 'started'; readonly mutants: number; readonly trivialServers: number }
  | { readonly kind: 'mutant'; readonly result: MutantResult }
  | { readonly kind: 'trivial-server'; readonly result: TrivialResult }

export interface QualificationOptions {
  readonly seed: number
  /** Folder for logs and the stored programs of killed mutants. */
  readonly bundle: string
  readonly onEvent: (event: QualificationEvent) => void
  readonly signal: AbortSignal
}

/** What the suite is worth as a tool: which defects it sees, and what it gives away for nothing. */
export interface Qualification {
  /** In the order of the registry; those that a stopped run did not reach are left out. */
  readonly mutants: readonly MutantResult[]
  readonly trivialServers: readonly TrivialResult[]
}

/** Mutants spend more time on waiting than on computing. */
const AT_A_TIME = 8

/**
 * Runs every mutant of the reference server and every trivial server past the suite.
 * @throws InfrastructureError when the reference server cannot be launched.
 */
export async function runQualification(options: QualificationOptions): Promise<Qualification> {
  const { onEvent, signal } = options
  const reference = await prepareTarget({
    name: 'reference',
    version: null,
    flavours: [],
    serverArgs: [],
    pins: [],
  })
  // Every run that goes on at the same time listens to it.
  setMaxListeners(AT_A_TIME + TRIVIAL_SERVERS.length + 10, signal)
  onEvent({ kind: 'started', mutants: MUTANTS.length, trivialServers: TRIVIAL_SERVERS.length })
  const [trivialServers, crowded] = await Promise.all([
    scoreTrivialServers(reference, options),
    tryMutants(reference, options),
  ])
  return { mutants: await trySurvivors(reference, options, crowded), trivialServers }
}

/**
 * What seems to survive in the crowd is tried once more while nothing else runs, and only that counts: on a
 * machine that is busy with a dozen servers, a silence may be the machine's.
 */
async function trySurvivors(
  reference: PreparedTarget,
  { seed, bundle, signal, onEvent }: QualificationOptions,
  crowded: readonly MutantResult[],
): Promise<readonly MutantResult[]> {
  const results: MutantResult[] = []
  for (const before of crowded) {
    if (before.killed || signal.aborted) {
      results.push(before)
      continue
    }
    const alone = join(bundle, 'alone')
    const result = await tryMutant(mutantById(before.id), {
      reference,
      seed,
      bundle: alone,
      signal,
    })
    onEvent({ kind: 'mutant', result })
    results.push(result)
  }
  return results
}

async function tryMutants(
  reference: PreparedTarget,
  { seed, bundle, signal, onEvent }: QualificationOptions,
): Promise<readonly MutantResult[]> {
  const results = new Map<Mutant, MutantResult>()
  // Those that wait, for a silence or for processes to end, come first: the others run meanwhile.
  const queue = MUTANTS.toSorted((a, b) => Number(isSlow(b)) - Number(isSlow(a)))
  const work = async (): Promise<void> => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      if (signal.aborted) return
      const result = await tryMutant(mutant, { reference, seed, bundle, signal })
      results.set(mutant, result)
      if (result.killed) onEvent({ kind: 'mutant', result })
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, work))
  return MUTANTS.flatMap((mutant) => results.get(mutant) ?? [])
}

async function scoreTrivialServers(
  reference: PreparedTarget,
  { seed, bundle, signal, onEvent }: QualificationOptions,
): Promise<readonly TrivialResult[]> {
  return await Promise.all(
    TRIVIAL_SERVERS.map(async (id) => {
      const result = await scoreTrivialServer(id, { reference, seed, bundle, signal })
      onEvent({ kind: 'trivial-server', result })
      return result
    }),
  )
}

function isSlow(mutant: Mutant): boolean {
  return mutant.programs !== undefined || propertyOf(mutant).kind === 'process'
}
