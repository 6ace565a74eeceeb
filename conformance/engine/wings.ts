import type { Lane } from '../testers/trial.ts'

/** Servers over which the programs on a frail target are spread: each death stops those on one of them. */
const WINGS = 4

/** What runs the programs of each lane, on a target that has died again and again. */
export class Wings<Wing> {
  readonly #make: (number: number) => Wing
  /** The one that was asked longest ago comes first. */
  readonly #wings: Wing[] = []
  readonly #ofLane: Map<Lane, Wing> = new Map()

  constructor(make: (number: number) => Wing) {
    this.#make = make
  }

  /** That of the lane; null: it has none yet. */
  of(lane: Lane): Wing | null {
    return this.#ofLane.get(lane) ?? null
  }

  /** That of the lane from now on; without a lane, any of them. */
  assign(lane: Lane | null): Wing {
    const oldest = this.#wings.length < WINGS ? undefined : this.#wings.shift()
    const wing = oldest ?? this.#make(this.#wings.length + 1)
    this.#wings.push(wing)
    if (lane !== null) this.#ofLane.set(lane, wing)
    return wing
  }
}
