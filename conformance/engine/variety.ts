/** Every third program comes in its turn, whatever is in it. */
const IN_TURN = 3

/**
 * The indices of `most` programs in an order in which few of them go far: each next one is the one that brings
 * together the most that no earlier one did. Most defects take one condition, or two at once (NIST SP 800-142,
 * combinatorial testing); by chance alone, a pair of rare conditions comes late or never. Some come in their
 * turn, so that what no pair of facts tells is met as well.
 */
export function variedFirst(programs: readonly unknown[], most: number): readonly number[] {
  const left = candidatesOf(programs)
  const met = new Set<number>()
  const order: number[] = []
  while (left.length > 0 && order.length < most) {
    const next = order.length % IN_TURN === 0 ? 0 : indexOfNewest(left, met)
    for (const { index, pairs } of left.splice(next, 1)) {
      for (const pair of pairs) met.add(pair)
      order.push(index)
    }
  }
  return order
}

interface Candidate {
  readonly index: number
  /** Those that no program in the order has, and some that one has by now. */
  pairs: readonly number[]
}

/** The more is met, the less is new: an old count is never too low, and only the highest are counted anew. */
function indexOfNewest(left: readonly Candidate[], met: ReadonlySet<number>): number {
  for (;;) {
    const newest = left.reduce((best, other) =>
      other.pairs.length > best.pairs.length ? other : best,
    )
    const fresh = newest.pairs.filter((pair) => !met.has(pair))
    if (fresh.length === newest.pairs.length) return left.indexOf(newest)
    newest.pairs = fresh
  }
}

/** Larger programs have more to say; from here on it would only take time. */
const MOST_FACTS = 64

function candidatesOf(programs: readonly unknown[]): Candidate[] {
  const facts = programs.map((program) => [...new Set(factsOf(program))].slice(0, MOST_FACTS))
  const known = repeated(facts)
  const numbers = new Map([...known].map((fact, number) => [fact, number]))
  const pairs = facts.map((own) => {
    const mine = own.flatMap((fact) => numbers.get(fact) ?? []).toSorted((a, b) => a - b)
    // A fact with itself is the fact alone.
    return mine.flatMap((a, at) => mine.slice(at).map((b) => a * numbers.size + b))
  })
  const shared = repeated(pairs)
  return pairs.map((own, index) => ({ index, pairs: own.filter((pair) => shared.has(pair)) }))
}

/** What is in more than one of the lists: names and numbers that were drawn are new each time, and tell nothing. */
function repeated<T>(lists: readonly (readonly T[])[]): ReadonlySet<T> {
  const once = new Set<T>()
  const again = new Set<T>()
  for (const each of lists.flat()) (once.has(each) ? again : once).add(each)
  return again
}

/** More elements than this are many. */
const MANY = 3

/** Strings up to this length are compared letter by letter; longer ones by how long they are. */
const SHORT = 24

/** What can be said of a program in a few words: where in it stands what, numbers and sizes by their magnitude. */
function* factsOf(value: unknown, path = ''): Generator<string> {
  if (Array.isArray(value)) {
    yield `${path}[${Math.min(value.length, MANY)}]`
    for (const element of value) yield* factsOf(element, `${path}[]`)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, part] of Object.entries(value)) yield* factsOf(part, `${path}.${key}`)
  } else if (typeof value === 'number') {
    yield `${path}=${Math.abs(value) <= MANY ? value : `2^${magnitude(value)}`}`
  } else if (typeof value === 'string' && value.length > SHORT) {
    yield `${path}=2^${magnitude(value.length)} characters`
  } else {
    yield `${path}=${String(value)}`
  }
}

function magnitude(value: number): number {
  return Math.sign(value) * Math.round(Math.log2(Math.abs(value)))
}
