/**
 * How long the suite waits, measured on the target and not guessed. "It never came" is a verdict only
 * when the target answered pings meanwhile and the suite's own clock kept going.
 */
export interface Patience {
  /** Milliseconds after which an event that must come is taken as missing. */
  readonly limit: number
  /** Milliseconds in which an event that must not come would have come. */
  readonly quiet: number
  /** Median control round trip, milliseconds. */
  readonly roundTrip: number
}

/**
 * Some servers look after failed applications only once a second (daphne): twice that, and half a second
 * for a busy machine.
 */
const LIMIT_FLOOR = 2500
const QUIET_FLOOR = 15

/** The patience that a round trip of this many milliseconds asks for. */
export function limitFor(roundTrip: number): number {
  return Math.max(LIMIT_FLOOR, 100 * roundTrip)
}

/** The quiet period that the slowest of some round trips asks for. */
export function quietFor(slowest: number): number {
  return Math.max(QUIET_FLOOR, 2 * slowest)
}

/** From calibration round trips (milliseconds) on the idle target. */
export function patienceFrom(roundTrips: readonly number[]): Patience {
  const sorted = roundTrips.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? 1
  const slowest = sorted.at(-1) ?? 1
  return {
    limit: limitFor(slowest),
    quiet: Math.max(quietFor(slowest), 10 * median),
    roundTrip: median,
  }
}

/** Nothing came within the patience. */
export class Silence extends Error {
  override readonly name = 'Silence'
  readonly clause: string
  readonly awaited: string
  readonly waitedMs: number
  /** Null: the silence is conclusive. Otherwise why the clock cannot tell. */
  readonly doubt: string | null
  /** What came in its place lets an attacker in. */
  readonly exposes: boolean

  constructor(
    clause: string,
    awaited: string,
    waitedMs: number,
    doubt: string | null,
    exposes: boolean = false,
  ) {
    super(`${awaited} did not come within ${Math.round(waitedMs)} ms`)
    this.clause = clause
    this.awaited = awaited
    this.waitedMs = waitedMs
    this.doubt = doubt
    this.exposes = exposes
  }
}
