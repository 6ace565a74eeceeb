/** The documents that clauses are taken from, named as a report cites them. */
export const ASGI = 'asgiref specs/asgi.rst'
export const WWW = 'asgiref specs/www.rst'
export const LIFESPAN = 'asgiref specs/lifespan.rst'
export const TLS = 'asgiref specs/tls.rst'
export const EXTENSIONS = 'asgiref docs/extensions.rst'
export const RFC9110 = 'RFC 9110'
export const RFC9112 = 'RFC 9112'
export const RFC9113 = 'RFC 9113'
export const RFC8441 = 'RFC 8441'
export const RFC9325 = 'RFC 9325'
export const RFC6455 = 'RFC 6455'
export const RFC7692 = 'RFC 7692'
/** What a daemon does for those who start and end it. */
export const DAEMON = 'daemon(7)'

/**
 * For behaviour that no standard defines: the target's own manual is what it is held to, and a
 * clause applies only where that manual (its capabilities in `targets/`) offers the setting.
 */
export const OWN_DOCUMENTATION = "the server's own documentation"
