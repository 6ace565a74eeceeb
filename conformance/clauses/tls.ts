import type { Clause } from '../../evidence/clause.ts'
import { TLS } from './documents.ts'
import { section } from './section.ts'

const base = section(TLS, 'The Base Protocol')
const use = section(TLS, 'When to use this extension')
const scope = section(TLS, 'TLS Connection Scope')
const events = section(TLS, 'Events')

/** The tls extension: what a scope tells about the encryption of its connection. */
export const TLS_CLAUSES: readonly Clause[] = [
  base.must(
    'tls/extension/wraps-base-protocol',
    'The extension stands only in scopes of another ASGI protocol, never on its own.',
  ),
  base.must(
    'tls/extension/one-connection-per-scope',
    'A base protocol other than HTTP and WebSocket has scopes of at most one TLS connection each.',
    { untestable: 'A duty of those who write protocol specifications, not of a server.' },
  ),
  use.must(
    'tls/extension/only-over-tls',
    'The extension is given for TLS connections alone, and is forbidden on any other.',
  ),
  use.must(
    'tls/extension/presence-means-tls',
    'The extension in a scope means that the connection is over TLS; its absence means nothing.',
  ),
  scope.must(
    'tls/scope/dict',
    'The extensions dict has the information under the key tls, as a dict of its own.',
  ),
  scope.must(
    'tls/scope/server-cert',
    'server_cert is present: the certificate of the server as PEM text, or None.',
  ),
  scope.permits(
    'tls/scope/server-cert-unavailable',
    'A server that cannot give server_cert sets it to None.',
  ),
  scope.must(
    'tls/scope/client-cert-chain',
    'client_cert_chain holds PEM certificates as Unicode; absent means an empty iterable.',
  ),
  scope.must(
    'tls/scope/client-cert-chain-order',
    'The client certificate comes first, and each further one signs the one before.',
  ),
  scope.must(
    'tls/scope/client-cert-chain-empty',
    'client_cert_chain is empty or absent when the client gave no certificate.',
  ),
  scope.permits(
    'tls/scope/client-cert-chain-unavailable',
    'A server that cannot give client_cert_chain leaves it empty.',
  ),
  scope.must(
    'tls/scope/client-cert-name',
    'client_cert_name is the Distinguished Name of the client certificate after RFC 4514, or None.',
  ),
  scope.must(
    'tls/scope/client-cert-name-absent',
    'client_cert_name is None or absent when the client gave no certificate.',
  ),
  scope.permits(
    'tls/scope/client-cert-name-unavailable',
    'A server that cannot give client_cert_name sets it to None; beside a chain it is required.',
  ),
  scope.must(
    'tls/scope/client-cert-name-with-chain',
    'client_cert_name is provided wherever client_cert_chain is provided and not empty.',
  ),
  scope.must(
    'tls/scope/client-cert-name-consistent',
    'client_cert_name agrees with the first certificate of client_cert_chain.',
  ),
  scope.permits(
    'tls/scope/client-cert-name-without-chain',
    'client_cert_name may be set without a chain, as behind a proxy that forwards the name.',
  ),
  scope.must(
    'tls/scope/client-cert-error',
    'client_cert_error is text that is not empty for a certificate that failed verification, else None or absent.',
  ),
  scope.permits(
    'tls/scope/invalid-client-cert-admitted',
    'A server may be configured to admit a client whose certificate failed verification.',
  ),
  scope.must(
    'tls/scope/tls-version',
    'tls_version is present: the number of the TLS version in use, such as 0x0304, or None.',
  ),
  scope.permits(
    'tls/scope/tls-version-unavailable',
    'A server that cannot give tls_version sets it to None.',
  ),
  scope.must(
    'tls/scope/cipher-suite',
    'cipher_suite is present: the suite in use as 16-bit unsigned integer, such as 0x1301, or None.',
  ),
  scope.permits(
    'tls/scope/cipher-suite-unavailable',
    'A server that cannot give cipher_suite sets it to None.',
  ),
  events.must(
    'tls/events/as-base-protocol',
    'The events over TLS are those of the base protocol, without exception.',
  ),
]
