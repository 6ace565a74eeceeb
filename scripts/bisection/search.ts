/** Whether a release keeps the clause; `unknown`: nobody can say. */
export type Standing = 'good' | 'bad' | 'unknown'

/** What a search has come to. Places are indices into the releases, oldest first. */
export type Found =
  | {
      readonly kind: 'boundary'
      /** The last release on the older side, and the first on the newer one. */
      readonly before: number
      readonly after: number
      readonly turns: 'good' | 'bad'
    }
  /** The oldest and the newest that can be judged are alike: there is no change to find, or an even number of them. */
  | {
      readonly kind: 'alike'
      readonly oldest: number
      readonly newest: number
      readonly standing: 'good' | 'bad'
    }
  | { readonly kind: 'unjudgeable' }

type Judge = (place: number) => Promise<Standing>

/**
 * Searches for the place where the standing changes. Both ends are judged first; a release that cannot
 * be judged gives way to its nearest neighbour that can. Between two neighbours that differ one change is
 * certain; how many others there are, a search that skips cannot tell.
 */
export async function search(count: number, ask: Judge): Promise<Found> {
  const judge = once(ask)
  const oldest = await firstJudgeable(leaps(count), judge)
  if (oldest === null) return { kind: 'unjudgeable' }
  const down = leaps(count - oldest).map((step) => count - 1 - step)
  const newest = (await firstJudgeable(down, judge)) ?? oldest
  const standing = await judge(oldest)
  if (standing === 'unknown') return { kind: 'unjudgeable' }
  const last = await judge(newest)
  if (last === standing || last === 'unknown') return { kind: 'alike', oldest, newest, standing }
  let [before, after] = [oldest, newest]
  for (;;) {
    const middle = await firstJudgeable(outwards(before, after), judge)
    if (middle === null) return { kind: 'boundary', before, after, turns: last }
    if ((await judge(middle)) === standing) before = middle
    else after = middle
  }
}

/** Every change between releases that were judged one by one: nothing is assumed between them. */
export function changes(
  standings: readonly Standing[],
): readonly Extract<Found, { kind: 'boundary' }>[] {
  const found: Extract<Found, { kind: 'boundary' }>[] = []
  let before = -1
  for (const [after, standing] of standings.entries()) {
    if (standing === 'unknown') continue
    if (before >= 0 && standings[before] !== standing) {
      found.push({ kind: 'boundary', before, after, turns: standing })
    }
    before = after
  }
  return found
}

function once(ask: Judge): Judge {
  const known = new Map<number, Promise<Standing>>()
  return (place) => {
    const standing = known.get(place) ?? ask(place)
    known.set(place, standing)
    return standing
  }
}

async function firstJudgeable(places: Iterable<number>, judge: Judge): Promise<number | null> {
  for (const place of places) {
    if ((await judge(place)) !== 'unknown') return place
  }
  return null
}

/** 0, 1, 3, 7, ... and the last: where many old releases cannot be judged, walking would take all day. */
function leaps(count: number): readonly number[] {
  const places: number[] = []
  for (let place = 0; place < count - 1; place = 2 * place + 1) places.push(place)
  return count > 0 ? [...places, count - 1] : places
}

/** All places strictly between, the middle first. */
function outwards(before: number, after: number): readonly number[] {
  const middle = (before + after) / 2
  const places = Array.from({ length: Math.max(0, after - before - 1) }, (_, i) => before + 1 + i)
  return places.toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle))
}
