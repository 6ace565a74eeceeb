import fc, { type Arbitrary } from 'fast-check'
import type { Capability } from '../../evidence/target.ts'
import { type ExchangeProperty, exchangeProperty, type Property, type Route } from './property.ts'

/** A program, and the route on which it reaches the server. */
interface Routed {
  readonly route: Route
  readonly case: unknown
}

const BEYOND_TCP = ['tls', 'unix-socket'] as const

/** What a server declares that can be reached on a route. */
const NEEDS: Readonly<Record<Route, readonly Capability[]>> = {
  tcp: [],
  tls: ['tls', 'config/command-line'],
  'unix-socket': ['uds'],
}

/**
 * The same law on every route on which it holds: RFC 9110 §3.3 and www.rst know connections, not what carries
 * them, and most servers take each by a way of its own through their code. A property that chooses its server by
 * itself, or launches it, stays as it is; a target that cannot be reached on a route is reached over TCP.
 */
export function overRoutes(property: Property): Property {
  if (property.kind === 'process' || property.server !== undefined) return property
  const { beyondTcp = BEYOND_TCP, enough } = property
  if (beyondTcp.length === 0) return property
  return exchangeProperty<Routed>({
    ...property,
    // The first is the plainest: programs shrink towards it.
    program: fc.record({ route: routeOf(beyondTcp), case: property.program }),
    server: ({ route }, has) => (NEEDS[route].every(has) ? route : 'tcp'),
    orTcp: true,
    // Each case of those that are few is met on some route, and once more on others as there is time.
    ...(enough === undefined ? {} : { enough: 2 * enough }),
    ...cases(property),
    ...families(property),
    run: (trial, program) => property.run(trial, program.case),
  })
}

/** How many go over TCP for each that takes another route: those cost more, and the first few of them show the most. */
const PLAIN_SHARE = 3

function routeOf(beyondTcp: readonly Route[]): Arbitrary<Route> {
  const plain = beyondTcp.flatMap(() => Array.from({ length: PLAIN_SHARE }, () => 'tcp' as const))
  return fc.constantFrom<Route[]>(...plain, ...beyondTcp)
}

function cases(property: ExchangeProperty): Partial<Pick<ExchangeProperty<Routed>, 'caseOf'>> {
  if (property.caseOf === undefined && property.enough === undefined) return {}
  return {
    caseOf: ({ case: given }) => property.caseOf?.(given) ?? JSON.stringify(given),
  }
}

function families({
  families: own,
}: ExchangeProperty): Partial<Pick<ExchangeProperty<Routed>, 'families'>> {
  return own === undefined ? {} : { families: { ...own, of: (program) => own.of(program.case) } }
}
