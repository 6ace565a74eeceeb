/**
 * Properties and clauses whose violation lets an attacker in: by splitting a response, by smuggling a request,
 * by fields that an application takes for those of a trusted peer, by entries of a log that a client has written.
 * Tell the maintainers before anybody else.
 *
 * Other clauses let an attacker in on some ways to break them alone: content that is left on a connection which
 * stays open is the next response for its client. There the check itself says so (`Violation.exposes`).
 */
export const SECURITY: readonly string[] = [
  'config/access-log-one-line',
  'http/send/split-header-name',
  'http/send/split-header-value',
  'websocket/accept/split-header',
  'wire/rfc9110/field-name-sent',
  'wire/rfc9112/bare-cr',
  'wire/rfc9112/chunk-data-terminator',
  'wire/rfc9112/chunk-size-invalid',
  'wire/rfc9112/chunk-size-overflow',
  'wire/rfc9112/conflicting-content-length',
  'wire/rfc9112/field-syntax',
  'wire/rfc9112/invalid-content-length',
  'wire/rfc9112/obs-fold',
  'wire/rfc9112/space-before-colon',
  'wire/rfc9112/space-before-first-field',
  'wire/rfc9112/te-and-cl',
  'wire/rfc9112/te-chunked-not-final',
  'wire/rfc9112/te-in-http10',
  'wire/rfc9112/te-overrides-cl',
  'wire/rfc9112/te-unknown',
  'wire/rfc9112/trailers-not-merged',
]
