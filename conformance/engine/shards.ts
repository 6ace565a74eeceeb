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

const SIZE = { exchange: 5, process: 1 } as const

/** Shards of the first waves; every further wave is twice as large as the one before. */
const FIRST_WAVES = { exchange: [1, 3], process: [1] } as const

/**
 * The programs of a property in waves: a few at first, so that every property of a run gets its turn
 * before any of them gets many.
 */
export function waves(property: Property, runs: number, runSeed: number): Shard[][] {
  const size = SIZE[property.kind]
  const total = Math.ceil(runs / size)
  const sizes: number[] = [...FIRST_WAVES[property.kind]]
  const all: Shard[][] = []
  for (let from = 0; from < total; ) {
    const length = Math.min(sizes.shift() ?? 2 * (all.at(-1)?.length ?? 1), total - from)
    all.push(
      Array.from({ length }, (_, index) => {
        const number = from + index
        return {
          number,
          seed: seedOf(runSeed, property.id, number),
          size: Math.min(size, runs - number * size),
        }
      }),
    )
    from += length
  }
  return all
}

export function programsOf(property: Property, { seed, size }: Shard): unknown[] {
  return fc.sample(property.program, { seed, numRuns: size })
}

/** A 32-bit seed. */
function seedOf(seed: number, property: string, shard: number): number {
  return createHash('sha256').update(`${seed}/${property}/${shard}`).digest().readInt32BE(0)
}
