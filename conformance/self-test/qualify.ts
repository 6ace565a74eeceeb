import { setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { prepareTarget } from '../../targets/prepare.ts'
import type { PreparedTarget } from '../../targets/target.ts'
import { isOfTarget } from '../engine/absorb.ts'
import { type Bundle, bundleSabotage } from './bundle.ts'
import type { Mutant } from './mutants/mutant.ts'
import { MUTANTS } from './mutants/registry.ts'
import { scoreTrivialServer, type TrivialResult } from './trivial/score.ts'
import { TRIVIAL_SERVERS } from './trivial/trivial-servers.ts'
import { isSlow, type MutantResult, tryMutant } from './try-mutant.ts'

export type QualificationEvent =
  | { readonly kind: 'started'; readonly mutants: number; readonly trivialServers: number }
  | { readonly kind: 'mutant'; readonly result: MutantResult }
  | { readonly kind: 'trivial-server'; readonly result: TrivialResult }

export interface QualificationOptions {
  readonly seed: number
  /** Absent: all. */
  readonly mutants?: readonly Mutant[]
  /** Folder for logs and the stored programs of killed mutants. */
  readonly bundle: string
  readonly onEvent: (event: QualificationEvent) => void
  readonly signal: AbortSignal
}

/** What the suite is worth as a tool: which defects it sees, and what it gives away for nothing. */
export interface Qualification {
  /** In the order asked for, or of the registry; those that a stopped run did not reach are left out. */
  readonly mutants: readonly MutantResult[]
  readonly trivialServers: readonly TrivialResult[]
}

/** What the mutants are made of. */
interface Subject extends Pick<Bundle, 'application'> {
  readonly reference: PreparedTarget
}

/** How many mutants are tried at the same time. */
interface Crowd {
  /** Of those that wait most of the time, for a silence or for processes to end. */
  readonly waiting: number
  /** Of those that compute. */
  readonly busy: number
}

/** The ones compute while the others wait. */
const CROWD: Crowd = { waiting: 8, busy: 3 }
const FEW: Crowd = { waiting: 2, busy: 1 }

/**
 * Runs every mutant of the reference server and every trivial server past the suite.
 * @throws InfrastructureError when the reference server cannot be launched.
 */
export async function runQualification(options: QualificationOptions): Promise<Qualification> {
  const bundle = await bundleSabotage()
  try {
    return await qualifyOn(bundle, options)
  } finally {
    await bundle.remove()
  }
}

async function qualifyOn(bundle: Bundle, options: QualificationOptions): Promise<Qualification> {
  const { onEvent, signal, mutants = MUTANTS } = options
  const reference = await prepareTarget(
    { name: 'reference', version: null, flavours: [], serverArgs: [], pins: [] },
    { program: bundle.program },
  )
  const subject = { reference, application: bundle.application }
  // Every run that goes on at the same time listens to it.
  setMaxListeners(CROWD.waiting + CROWD.busy + TRIVIAL_SERVERS.length + 10, signal)
  onEvent({ kind: 'started', mutants: mutants.length, trivialServers: TRIVIAL_SERVERS.length })
  process.on('unhandledRejection', letPass)
  try {
    const [trivialServers, crowded] = await Promise.all([
      scoreTrivialServers(reference, options),
      tryMutants(subject, options, mutants),
    ])
    return { mutants: await trySurvivors(subject, options, mutants, crowded), trivialServers }
  } finally {
    process.off('unhandledRejection', letPass)
  }
}

/** A program whose server was lost may leave a wait behind that nobody minds any more. */
function letPass(reason: unknown): void {
  if (!isOfTarget(reason)) throw reason
}

/**
 * What seems to survive in the crowd is tried once more among few, and only that counts: on a machine that is
 * busy with a dozen servers, a silence may be the machine's.
 */
async function trySurvivors(
  subject: Subject,
  options: QualificationOptions,
  mutants: readonly Mutant[],
  crowded: ReadonlyMap<Mutant, MutantResult>,
): Promise<readonly MutantResult[]> {
  const survivors = [...crowded].filter(([, { killed }]) => !killed).map(([mutant]) => mutant)
  const among = { ...options, bundle: join(options.bundle, 'survivors') }
  const calm = await tryAll(subject, among, survivors, FEW)
  return mutants.flatMap((mutant) => calm.get(mutant) ?? crowded.get(mutant) ?? [])
}

async function tryMutants(
  subject: Subject,
  options: QualificationOptions,
  mutants: readonly Mutant[],
): Promise<ReadonlyMap<Mutant, MutantResult>> {
  const onEvent = (event: QualificationEvent): void => {
    if (event.kind !== 'mutant' || event.result.killed) options.onEvent(event)
  }
  return await tryAll(subject, { ...options, onEvent }, mutants, CROWD)
}

/** Those that a stopped run did not reach are left out. */
async function tryAll(
  subject: Subject,
  { seed, bundle, signal, onEvent }: QualificationOptions,
  mutants: readonly Mutant[],
  { waiting, busy }: Crowd,
): Promise<ReadonlyMap<Mutant, MutantResult>> {
  const results = new Map<Mutant, MutantResult>()
  // Those that wait out silences wait longest: at the end they would wait alone.
  const slow = mutants.filter(isSlow).toSorted((a, b) => Number(b.slow ?? 0) - Number(a.slow ?? 0))
  const quick = mutants.filter((mutant) => !isSlow(mutant))
  const work = async (own: Mutant[], other: Mutant[]): Promise<void> => {
    const next = (): Mutant | undefined => own.shift() ?? other.shift()
    for (let mutant = next(); mutant !== undefined; mutant = next()) {
      if (signal.aborted) return
      const result = await tryMutant(mutant, { ...subject, seed, bundle, signal })
      results.set(mutant, result)
      onEvent({ kind: 'mutant', result })
    }
  }
  await Promise.all([
    ...Array.from({ length: waiting }, () => work(slow, quick)),
    ...Array.from({ length: busy }, () => work(quick, slow)),
  ])
  return results
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
