import fc, { type Arbitrary } from 'fast-check'
import type { Capability } from '../../../evidence/target.ts'
import type { Trial } from '../../testers/trial.ts'
import { exchangeProperty, type Property } from '../property.ts'

/** How a client comes to speak HTTP/2 (RFC 9113 §3): it knows that the server does, or asks in TLS. */
type Start = 'prior-knowledge' | 'alpn'

interface Http2Program<Case> {
  readonly start: Start
  readonly case: Case
}

interface Http2Law<Case> {
  readonly id: string
  readonly law: string
  readonly clauses: readonly string[]
  readonly needs?: readonly Capability[]
  readonly enough?: number
  readonly caseOf?: (program: Case) => string
  /** Only over TLS, for what has no meaning in cleartext. */
  readonly secure?: boolean
  readonly program: Arbitrary<Case>
  readonly run: (trial: Trial, program: Case) => Promise<void>
}

/**
 * A law about HTTP/2. Its programs go to the server without TLS where that one takes HTTP/2 by prior
 * knowledge, which saves the handshake, and now and then through ALPN; everywhere else always through ALPN.
 */
export function http2Property<Case>(law: Http2Law<Case>): Property {
  const { secure = false, run, program, caseOf, ...property } = law
  const start: Arbitrary<Start> = secure
    ? fc.constant('alpn')
    : fc.constantFrom('prior-knowledge', 'prior-knowledge', 'prior-knowledge', 'alpn')
  return exchangeProperty<Http2Program<Case>>({
    ...property,
    needs: ['http/2', 'tls', 'config/command-line', ...(law.needs ?? [])],
    program: fc.record({ start, case: program }),
    server: ({ start: how }, has) =>
      how === 'alpn' || !has('http/2/prior-knowledge') ? 'tls' : 'tcp',
    ...(caseOf === undefined ? {} : { caseOf: ({ case: given }) => caseOf(given) }),
    run: (trial, { case: given }) => run(trial, given),
  })
}
