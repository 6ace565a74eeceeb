/**
 * The account of the ASGI texts: every must, should and may in them, and the clauses that state it.
 * It makes the catalogue's claim to be complete checkable, word by word, against the sources.
 */
import { ASGI, EXTENSIONS, LIFESPAN, TLS, WWW } from './documents.ts'
import { aside, type KeywordUse, rule } from './keyword-use.ts'
import { WWW_KEYWORDS } from './keywords-www.ts'

const ASGI_KEYWORDS: readonly KeywordUse[] = [
  rule(64, 'must', 'asgi/app/coroutine'),
  aside(84, 'may', 'allows that some protocols have no sockets'),
  aside(111, 'may', 'tells that some scopes hold little'),
  rule(113, 'must', 'asgi/scope/lifetime-defined'),
  rule(116, 'may', 'asgi/scope/opening-message'),
  rule(123, 'must', 'asgi/app/reacts-to-events'),
  rule(135, 'should', 'asgi/events/mixed-sources'),
  rule(147, 'should', 'asgi/events/tuples-as-lists'),
  rule(148, 'must', 'asgi/events/dict-keys'),
  rule(161, 'should', 'asgi/legacy/server-support'),
  rule(163, 'should', 'asgi/app/single-callable'),
  rule(181, 'must', 'asgi/scope/is-dict'),
  rule(186, 'should', 'asgi/scope/asgi-version-default'),
  rule(188, 'may', 'asgi/scope/spec-version'),
  rule(234, 'must', 'asgi/scope/type-unicode'),
  rule(237, 'should', 'asgi/events/type-namespaced'),
  rule(244, 'should', 'asgi/app/rejects-unknown-protocol'),
  aside(245, 'may', 'tells what follows otherwise'),
  rule(264, 'should', 'asgi/middleware/copies-scope'),
  aside(266, 'may', 'tells what follows otherwise'),
  rule(266, 'should', 'asgi/middleware/no-late-mutation'),
  aside(268, 'may', 'gives the reason: other middleware'),
  rule(277, 'should', 'asgi/error/invalid-event-raises'),
  rule(278, 'should', 'asgi/error/invalid-event-raises'),
  rule(282, 'should', 'asgi/error/app-rejects-invalid-event'),
  rule(284, 'should', 'asgi/error/additional-keys-accepted'),
  rule(290, 'must', 'asgi/error/app-exception-terminates'),
  rule(295, 'should', 'asgi/send/after-close-no-op-or-oserror'),
  rule(298, 'should', 'asgi/send/error-caught-by-server'),
  aside(305, 'may', 'tells when extensions are wanted'),
  rule(318, 'should', 'asgi/extensions/announced'),
  rule(320, 'should', 'asgi/extensions/entry-dict'),
  rule(323, 'may', 'asgi/extensions/extra-information'),
]

const LIFESPAN_KEYWORDS: readonly KeywordUse[] = [
  rule(15, 'should', 'lifespan/once-per-event-loop'),
  rule(55, 'must', 'lifespan/scope/exception-continues', 'lifespan/scope/exception-ends-events'),
  rule(86, 'should', 'lifespan/state/cooperative-keys'),
  rule(104, 'must', 'lifespan/startup/complete-awaited'),
  rule(
    115,
    'should',
    'lifespan/startup/failed-exits',
    'lifespan/startup/failed-in-task-group',
    'lifespan/startup/failed-message-logged',
  ),
  rule(138, 'must', 'lifespan/shutdown/complete-awaited'),
  rule(
    149,
    'should',
    'lifespan/shutdown/failed-terminates',
    'lifespan/shutdown/failed-message-logged',
  ),
]

const TLS_KEYWORDS: readonly KeywordUse[] = [
  rule(15, 'must', 'tls/extension/wraps-base-protocol'),
  rule(28, 'must', 'tls/extension/one-connection-per-scope'),
  rule(35, 'must', 'tls/extension/only-over-tls'),
  rule(56, 'may', 'tls/scope/server-cert-unavailable'),
  rule(66, 'may', 'tls/scope/client-cert-chain-unavailable'),
  rule(74, 'may', 'tls/scope/client-cert-name-unavailable'),
  rule(77, 'must', 'tls/scope/client-cert-name-with-chain'),
  rule(77, 'must', 'tls/scope/client-cert-name-consistent'),
  rule(80, 'may', 'tls/scope/client-cert-name-without-chain'),
  rule(89, 'may', 'tls/scope/invalid-client-cert-admitted'),
  rule(100, 'may', 'tls/scope/tls-version-unavailable'),
  rule(109, 'may', 'tls/scope/cipher-suite-unavailable'),
]

const EXTENSION_KEYWORDS: readonly KeywordUse[] = [
  aside(17, 'should', 'recalls the 403 of the core specification'),
  rule(35, 'should', 'extension/denial/after-connect', 'extension/denial/closed-after-response'),
  rule(38, 'should', 'extension/denial/message-format'),
  rule(70, 'must', 'extension/push/header-names-lowercased'),
  rule(71, 'must', 'extension/push/no-pseudo-headers'),
  rule(73, 'should', 'extension/push/attempted'),
  rule(75, 'should', 'extension/push/new-instance'),
  rule(78, 'should', 'extension/push/authority'),
  rule(104, 'should', 'extension/zerocopysend/as-body'),
  rule(128, 'should', 'extension/zerocopysend/app-closes-file'),
  rule(153, 'should', 'extension/pathsend/as-body'),
  rule(201, 'should', 'extension/early-hint/attempted'),
  rule(203, 'may', 'extension/early-hint/ignored'),
  rule(224, 'must', 'extension/trailers/announced-in-start'),
  rule(239, 'must', 'extension/trailers/header-names-lowercased'),
  rule(240, 'must', 'extension/trailers/no-pseudo-headers'),
  rule(257, 'should', 'extension/debug/not-implemented'),
  rule(270, 'must', 'extension/debug/once-before-start'),
]

/** By document, in the order of its lines. */
export const KEYWORD_USES: ReadonlyMap<string, readonly KeywordUse[]> = new Map([
  [ASGI, ASGI_KEYWORDS],
  [WWW, WWW_KEYWORDS],
  [LIFESPAN, LIFESPAN_KEYWORDS],
  [TLS, TLS_KEYWORDS],
  [EXTENSIONS, EXTENSION_KEYWORDS],
])
