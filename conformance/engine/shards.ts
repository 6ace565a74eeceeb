import { createHash } from 'node:crypto'
import fc from 'fast-check'
import type { Property } from '../properties/property.ts'

/**
 * The unit of seeding: some programs that one lane runs one after another. Which programs they are
 * follows from the run's seed, the property and the shard's number, never from lanes or time.
 */
export interface Shard {
  readonly number: number
  readonly seed: number
  readonly size: number
}

/** Programs of one shard. */
const SIZE = { exchange: 5, process: 1 } as const

/** How much larger the second wave is than the first; from then on each is twice the one before. */
const SECOND_WAVE = { exchange: 3, process: 2 } as const

/** Programs that are looked at for each that may be a new case. */
const TRIES = 10

/**
 * The programs of a property in waves: a few at first, so that every property of a run gets its turn
 * before any of them gets many.
 */
export class Waves {
  readonly #property: Property
  readonly #shards: Iterator<Shard, undefined>
  readonly #returned: Shard[] = []
  #length: number
  #isFirst = true

  constructor(property: Property, runs: number, runSeed: number) {
    this.#property = property
    // Programs that can be exhausted are cases by themselves.
    const isDistinct = property.caseOf !== undefined || property.enough !== undefined
    this.#shards = isDistinct ? newCases(property, runs, runSeed) : all(property, runs, runSeed)
    this.#length = isDistinct ? SIZE[property.kind] : 1
  }

  /** None when the property has no more. */
  next(): readonly Shard[] {
    if (this.#returned.length > 0) return this.#returned.splice(0)
    const wave: Shard[] = []
    while (wave.length < this.#length) {
      const { value } = this.#shards.next()
      if (value === undefined) break
      wave.push(value)
    }
    this.#length *= this.#isFirst ? SECOND_WAVE[this.#property.kind] : 2
    this.#isFirst = false
    return wave
  }

  /** Shards of the last wave that are to be the next one. */
  putBack(shards: readonly Shard[]): void {
    this.#returned.push(...shards)
  }
}

function* all({ id, kind }: Property, runs: number, runSeed: number): Iterator<Shard, undefined> {
  for (let number = 0; number * SIZE[kind] < runs; number += 1) {
    const size = Math.min(SIZE[kind], runs - number * SIZE[kind])
    yield { number, seed: seedOf(runSeed, id, number), size }
  }
  return undefined
}

/** One program each: new cases first, then others of cases that there were, as many as asked for in all. */
function* newCases(property: Property, runs: number, runSeed: number): Iterator<Shard, undefined> {
  const seen = new Set<string>()
  const others: Shard[] = []
  for (let number = 0; seen.size < runs && number < TRIES * runs; number += 1) {
    const shard = { number, seed: seedOf(runSeed, property.id, number), size: 1 }
    const [program] = programsOf(property, shard)
    const name = property.caseOf?.(program) ?? JSON.stringify(program)
    if (seen.has(name)) {
      others.push(shard)
      continue
    }
    seen.add(name)
    yield shard
  }
  yield* others.slice(0, runs - seen.size)
  return undefined
}

export function programsOf(property: Property, { seed, size }: Shard): unknown[] {
  return fc.sample(property.program, { seed, numRuns: size })
}

/** A 32-bit seed. */
function seedOf(seed: number, property: string, shard: number): number {
  return createHash('sha256').update(`${seed}/${property}/${shard}`).digest().readInt32BE(0)
}
