import fc, { type Arbitrary } from 'fast-check'
import type { HttpStep, SessionContent } from '../model/http-session.ts'

/** Connections of one session: enough for answers to be confused. */
export const CONNECTIONS = 3
const REQUESTS = 3

/** Whose step is next, where two lines of steps are interleaved: shrinks to one line after the other. */
const schedule = fc.array(fc.nat(5), { maxLength: 40 })

const piece = fc.string({ minLength: 1, maxLength: 12, unit: 'binary-ascii' })

const content: Arbitrary<SessionContent> = fc.oneof(
  { weight: 2, arbitrary: fc.constant<SessionContent>([]) },
  { weight: 3, arbitrary: fc.array(piece, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.nat(70_000).map((length) => ['x'.repeat(length + 1)]) },
)

const part = fc.oneof(
  { weight: 5, arbitrary: fc.string({ maxLength: 12, unit: 'binary-ascii' }) },
  { weight: 1, arbitrary: fc.nat(70_000).map((length) => 'y'.repeat(length)) },
)

/** A step without its connection. */
type Move<Step = HttpStep> = Step extends HttpStep ? Omit<Step, 'on'> : never

const END: Move = { do: 'end' }

/** One request as client and application would go about it, their moves interleaved in any way. */
const turn: Arbitrary<readonly Move[]> = fc
  .record({
    content,
    shares: fc.array(fc.integer({ min: 1, max: 999 }), { maxLength: 2 }),
    receives: fc.array(fc.boolean(), { maxLength: 4 }),
    status: fc.constantFrom(200, 201, 404, 500),
    parts: fc.array(part, { maxLength: 3 }),
    /** The application fails after so many messages of its response. */
    fails: fc.option(fc.nat(2), { nil: null, freq: 6 }),
    leaves: fc.option(fc.record({ at: fc.nat(12), reset: fc.boolean() }), { nil: null, freq: 5 }),
    reading: schedule,
    sending: schedule,
  })
  .map(({ content: chunks, shares, receives, status, parts, fails, leaves, reading, sending }) => {
    const client: Move[] = [...shares, 1000].map((share) => ({ do: 'content', share }))
    const answer: Move[] = [
      { do: 'start', status },
      ...parts.map((text) => ({ do: 'body' as const, content: text, more: true })),
      { do: 'body', content: '', more: false },
    ]
    const reads: Move[] = receives.map((watch) => ({ do: 'receive', watch }))
    const application = interleave([reads, answer.slice(0, fails ?? answer.length)], reading)
    const moves = interleave([client, [...application, END]], sending)
    const leaving: Move[] = leaves === null ? [] : [{ do: 'leave', reset: leaves.reset }]
    const at = leaves?.at ?? 0
    return [
      { do: 'request', content: chunks },
      ...moves.slice(0, at),
      ...leaving,
      ...moves.slice(at),
    ] satisfies Move[]
  })

/**
 * Clients on some connections and the applications behind them, in any order of steps. The few that
 * nobody could take where they stand are passed over (`mayTake`).
 */
export const httpSession: Arbitrary<readonly HttpStep[]> = fc
  .tuple(
    fc.array(fc.array(turn, { minLength: 1, maxLength: REQUESTS }), {
      minLength: 1,
      maxLength: CONNECTIONS,
    }),
    schedule,
  )
  .map(([connections, order]) =>
    interleave(
      connections.map((turns, on) => turns.flat().map((move): HttpStep => ({ ...move, on }))),
      order,
    ),
  )

/** Each line keeps its own order; `order` says whose step is next, and what it leaves over follows. */
function interleave<Step>(
  lines: readonly (readonly Step[])[],
  order: readonly number[],
): readonly Step[] {
  const rests = lines.map((line) => [...line])
  const merged: Step[] = []
  for (const turnOf of order) {
    const open = rests.filter((rest) => rest.length > 0)
    const next = open[turnOf % open.length]?.shift()
    if (next !== undefined) merged.push(next)
  }
  return [...merged, ...rests.flat()]
}
