import type { Capability } from '../../evidence/target.ts'

/** Clauses that speak only to targets with one of some capabilities, by the start of their id. */
const BY_PREFIX: readonly (readonly [prefix: string, ...oneOf: Capability[]])[] = [
  ['websocket/', 'websocket'],
  ['wire/rfc6455/', 'websocket'],
  ['wire/rfc7692/', 'websocket'],
  ['wire/rfc9113/', 'http/2'],
  ['wire/rfc8441/', 'http/2'],
  ['wire/rfc8441/', 'websocket'],
  ['tls/', 'tls'],
  ['lifespan/', 'lifespan'],
  ['lifespan/state/', 'lifespan/state'],
  ['extension/denial/', 'websocket/denial'],
  ['extension/trailers/', 'extension/http.response.trailers', 'http/2/trailers'],
  ['extension/early-hint/', 'extension/http.response.early_hint'],
  ['extension/pathsend/', 'extension/http.response.pathsend'],
  ['extension/zerocopysend/', 'extension/http.response.zerocopysend'],
  ['extension/push/', 'extension/http.response.push'],
  ['http/scope/different-per-stream', 'http/2'],
  ['http/scope/cookie-http2-split', 'http/2'],
  ['http/receive/disconnect-after-stream-lost', 'http/2'],
  ['http/scope/pseudo-headers-removed', 'http/2'],
  ['http/scope/authority-as-host', 'http/2'],
  ['websocket/scope/pseudo-headers-removed', 'http/2'],
  ['websocket/scope/authority-as-host', 'http/2'],
  ['http/scope/server-unix', 'uds'],
  ['http/scope/state', 'lifespan/state'],
  ['http/send/multiplexed-to-its-stream', 'http/2'],
  ['http/send/trailers-awaited', 'extension/http.response.trailers', 'http/2/trailers'],
  ['lifespan/per-process', 'workers'],
]

/**
 * The capabilities without which a clause says nothing about a target, one of each list: where a target has
 * none of a list, the clause is NOT_APPLICABLE.
 */
export function capabilitiesFor(clause: string): readonly (readonly Capability[])[] {
  return BY_PREFIX.filter(([prefix]) => clause.startsWith(prefix)).map(([, ...oneOf]) => oneOf)
}
