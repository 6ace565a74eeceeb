import fc from 'fast-check'
import { chunkVectors } from '../../vectors/chunks.ts'
import { codingVectors } from '../../vectors/codings.ts'
import { fieldVectors } from '../../vectors/fields.ts'
import { hostVectors } from '../../vectors/hosts.ts'
import { lengthVectors } from '../../vectors/lengths.ts'
import { limitVectors } from '../../vectors/limits.ts'
import { lineVectors } from '../../vectors/lines.ts'
import { requestLineVectors } from '../../vectors/request-lines.ts'
import { caseOf, type Vector, type VectorGroup } from '../../vectors/vector.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { judgeVector } from './judge-vector.ts'
import { observe } from './observe.ts'

const DEFENSIVE = 'wire/rfc9110/defensive-parsing'

/** Bytes that a server must take, must refuse, or may do either with (RFC 9112 §2 to §7, RFC 9110 §5). */
export const vectors: readonly Property[] = [
  ...requestLineVectors,
  ...hostVectors,
  ...fieldVectors,
  ...lineVectors,
  ...lengthVectors,
  ...codingVectors,
  ...chunkVectors,
  ...limitVectors,
].map(property)

/** A program is one vector; the families of a group hold those to be refused and their valid twins. */
function property({ id, law, clauses, families }: VectorGroup): Property {
  const likes = new Map(families.map(({ id: family, like }) => [family, like]))
  return exchangeProperty<Vector>({
    id,
    law,
    clauses: [...clauses, DEFENSIVE],
    // What a parser makes of octets hangs on the octets.
    beyondTcp: [],
    program: fc
      .tuple(
        // Of families that are reported together the first is the plainest.
        fc.oneof({ withCrossShrink: true }, ...families.map(({ vectors: family }) => family)),
        fc.nat(2),
      )
      .map(([vector, how]) => (how === 2 ? { ...vector, dripping: true } : vector)),
    families: {
      names: [...new Set(likes.values())],
      of: ({ id: family }) => likes.get(family) ?? family,
    },
    caseOf,
    async run(trial, vector) {
      judgeVector(vector, await observe(trial, vector), trial.judge)
      // RFC 9110 §2.3: whatever arrives, the server is there for the next client.
      trial.check(DEFENSIVE, trial.iut.lost === null, 'a server that goes on serving', () =>
        String(trial.iut.lost?.message),
      )
    },
  })
}
