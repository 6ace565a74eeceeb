import type { Mutant } from './mutant.ts'

/** Clients that meet a limit and are not told (RFC 9112 §3, RFC 9110 §5.4). */
export const limitsAnsweredMutants: readonly Mutant[] = (
  [
    ['target', 'wire/rfc9112/target-too-long-answered', /^HTTP\/1\.1 4(00|14) /],
    ['fields', 'wire/rfc9110/fields-too-large-answered', /^HTTP\/1\.1 4(00|31) /],
  ] as const
).map(([what, clause, refusal]) => ({
  id: `limits-answered/${what}-dropped`,
  property: 'wire/rfc9112/limits-answered',
  clause,
  breaks: `what has a ${what} above the limit is met with a close instead of an answer`,
  sabotage: {
    outgoing: (bytes, tap) => {
      if (!refusal.test(bytes)) return bytes
      tap.end()
      return null
    },
  },
}))
