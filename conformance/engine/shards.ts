import { createHash } from 'node:crypto'
import fc, { type Arbitrary } from 'fast-check'
import type { Property } from '../properties/property.ts'
import { variedFirst } from './variety.ts'

/**
 * The unit of seeding: some programs that one lane runs one after another. Which programs they are
 * follows from the run's seed, the property and how many are asked for, never from lanes or time.
 */
export interface Shard extends Source {
  /** Its place in the order of the property's shards, from 0 on. */
  readonly number: number
}

interface Source {
  readonly seed: number
  /** Programs that are drawn with the seed. */
  readonly size: number
  /** Those of them that are to be run; absent: all. */
  readonly chosen?: readonly unknown[]
}

/** Programs of one shard. */
const SIZE = { exchange: 5, process: 1 } as const

/** How much larger the second wave is than the first; from then on each is twice the one before. */
const SECOND_WAVE = { exchange: 3, process: 2 } as const

/** Programs that are looked at for each that may be a new case. */
const TRIES = 10

/** Programs that are looked at for each of those that are put into an order of variety, and as many at most. */
const CHOICE = 4
const MOST_VARIED = 400

/**
 * The programs of a property in waves: a few at first, so that every property of a run gets its turn
 * before any of them gets many.
 */
export class Waves {
  readonly #property: Property
  readonly #sources: Iterator<Source, undefined>
  readonly #returned: Shard[] = []
  #taken = 0
  #length: number
  #isFirst = true

  constructor(property: Property, runs: number, runSeed: number) {
    this.#property = property
    // Programs that can be exhausted are cases by themselves.
    const isDistinct = property.caseOf !== undefined || property.enough !== undefined
    this.#length = isDistinct ? SIZE[property.kind] : 1
    const sources = isDistinct ? newCases : varied
    this.#sources = sources(property, runs, runSeed)
  }

  /** None when the property has no more. */
  next(): readonly Shard[] {
    if (this.#returned.length > 0) return this.#returned.splice(0)
    const wave: Shard[] = []
    while (wave.length < this.#length) {
      const { value } = this.#sources.next()
      if (value === undefined) break
      wave.push({ ...value, number: this.#taken })
      this.#taken += 1
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

/** Those first that differ most from all before them; behind the most that are chosen from, any. */
function* varied(property: Property, runs: number, runSeed: number): Iterator<Source, undefined> {
  const { id, kind } = property
  const pool = poolOf(property, runs, runSeed)
  const drawn = draw(property.program, pool)
  const order = variedFirst(drawn, runs)
  for (let at = 0; at < order.length; at += SIZE[kind]) {
    yield { ...pool, chosen: order.slice(at, at + SIZE[kind]).map((index) => drawn[index]) }
  }
  for (let at = order.length; at < runs; at += SIZE[kind]) {
    yield { seed: seedOf(runSeed, id, at), size: Math.min(SIZE[kind], runs - at) }
  }
  return undefined
}

/**
 * One program each: new cases first, of which those that differ most from all before them; then others of
 * cases that there were, as many as asked for in all.
 */
function* newCases(property: Property, runs: number, runSeed: number): Iterator<Source, undefined> {
  const seen = new Set<string>()
  const others: Source[] = []
  const isNew = (program: unknown, source: Source): boolean => {
    const name = property.caseOf?.(program) ?? JSON.stringify(program)
    const fresh = !seen.has(name)
    seen.add(name)
    if (!fresh) others.push(source)
    return fresh
  }
  const pool = poolOf(property, runs, runSeed)
  const drawn = draw(property.program, pool)
  const distinct = drawn.filter((program) => isNew(program, { ...pool, chosen: [program] }))
  for (const index of variedFirst(distinct, runs)) yield { ...pool, chosen: [distinct[index]] }
  for (let number = 1; seen.size < runs && number < TRIES * runs; number += 1) {
    const source = { seed: seedOf(runSeed, property.id, number), size: 1 }
    if (isNew(programsOf(property, source)[0], source)) yield source
  }
  yield* others.slice(0, Math.max(0, runs - seen.size))
  return undefined
}

/** What an order of variety is made of. */
function poolOf({ id }: Property, runs: number, runSeed: number): Source {
  return { seed: seedOf(runSeed, id, 0), size: Math.min(runs * CHOICE, MOST_VARIED) }
}

export function programsOf({ program }: Property, shard: Source): readonly unknown[] {
  return shard.chosen ?? draw(program, shard)
}

function draw(program: Arbitrary<unknown>, { seed, size }: Source): readonly unknown[] {
  return fc.sample(program, { seed, numRuns: size })
}

/** A 32-bit seed. */
function seedOf(seed: number, property: string, number: number): number {
  return createHash('sha256').update(`${seed}/${property}/${number}`).digest().readInt32BE(0)
}
