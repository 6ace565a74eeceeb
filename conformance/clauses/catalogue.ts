/**
 * Every clause that assay knows: the denominator of the conformance matrix.
 *
 * The level of a clause is the level of its own sentence: `must` for must, shall, required and
 * forbidden, `should` for should, recommended, encouraged and ought, `may` for may and need not. A
 * sentence without such a word that defines the format of a message or the meaning of a key
 * ("`method`: the HTTP method name, uppercased") is `must`: the format is the definition, and who
 * departs from it speaks another protocol. What a server does about a client that departs from the
 * grammar of HTTP is `should`, unless a sentence of its own says more: RFC 9112 §2.2 asks for 400 and a
 * close, and RFC 9110 §2.4 lets a recipient recover. Where two sentences soften each other, the paraphrase
 * says so, and a verdict has to honour both.
 */
import type { Clause } from '../../evidence/clause.ts'
import { UsageError } from '../../evidence/errors.ts'
import { ASGI_CLAUSES } from './asgi.ts'
import { CONFIG_CLAUSES } from './config.ts'
import { EXTENSION_CLAUSES } from './extensions.ts'
import { HTTP_EVENT_CLAUSES } from './http-events.ts'
import { HTTP_SCOPE_CLAUSES } from './http-scope.ts'
import { KEYWORD_USES } from './keywords.ts'
import { LIFESPAN_CLAUSES } from './lifespan.ts'
import { PROCESS_CLAUSES } from './process.ts'
import { TLS_CLAUSES } from './tls.ts'
import { WEBSOCKET_EVENT_CLAUSES } from './websocket-events.ts'
import { WEBSOCKET_SCOPE_CLAUSES } from './websocket-scope.ts'
import { RFC6455_CLAUSES } from './wire-rfc6455.ts'
import { RFC7692_CLAUSES } from './wire-rfc7692.ts'
import { RFC8441_CLAUSES } from './wire-rfc8441.ts'
import { RFC9110_CLAUSES } from './wire-rfc9110.ts'
import { RFC9112_REQUEST_CLAUSES } from './wire-rfc9112-requests.ts'
import { RFC9112_RESPONSE_CLAUSES } from './wire-rfc9112-responses.ts'
import { RFC9113_CLAUSES } from './wire-rfc9113.ts'
import { RFC9325_CLAUSES } from './wire-rfc9325.ts'

/** Clauses whose sentence has a must, should or may, in the texts whose words are all accounted for. */
const STATED: ReadonlySet<string> = new Set(
  [...KEYWORD_USES.values()].flat().flatMap(({ clauses }) => clauses),
)

/** In the order in which a reader meets them: ASGI, the wire, the server as a program. */
export const CLAUSES: readonly Clause[] = [
  ...ASGI_CLAUSES,
  ...HTTP_SCOPE_CLAUSES,
  ...HTTP_EVENT_CLAUSES,
  ...WEBSOCKET_SCOPE_CLAUSES,
  ...WEBSOCKET_EVENT_CLAUSES,
  ...LIFESPAN_CLAUSES,
  ...TLS_CLAUSES,
  ...EXTENSION_CLAUSES,
  ...RFC9112_REQUEST_CLAUSES,
  ...RFC9112_RESPONSE_CLAUSES,
  ...RFC9110_CLAUSES,
  ...RFC6455_CLAUSES,
  ...RFC7692_CLAUSES,
  ...RFC9113_CLAUSES,
  ...RFC8441_CLAUSES,
  ...RFC9325_CLAUSES,
  ...CONFIG_CLAUSES,
  ...PROCESS_CLAUSES,
].map((clause) => ({
  ...clause,
  byDefinition:
    clause.byDefinition ||
    (KEYWORD_USES.has(clause.document) && clause.level === 'must' && !STATED.has(clause.id)),
}))

const BY_ID: ReadonlyMap<string, Clause> = new Map(CLAUSES.map((clause) => [clause.id, clause]))

/**
 * The clause with exactly this id.
 * @throws {UsageError} `clause/unknown` when there is none.
 */
export function clauseById(id: string): Clause {
  const clause = BY_ID.get(id)
  if (clause !== undefined) return clause
  throw new UsageError({
    code: 'clause/unknown',
    input: id,
    rule: 'A clause id is one of the catalogue.',
    cure: 'Look it up in docs/clauses.md.',
  })
}
