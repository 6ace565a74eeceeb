import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { UsageError } from '../../evidence/errors.ts'

/** What `--tls-key` and its kin have brought, with the paths for error messages. */
export interface TlsMaterial {
  readonly key: PemFile
  readonly cert: PemFile
  readonly passphrase: string | undefined
  /** Null unless client certificates are checked. */
  readonly ca: PemFile | null
  readonly ciphers: string | null
}

export interface PemFile {
  readonly path: string
  readonly bytes: Buffer
}

/** Throws a UsageError that names the first setting with which OpenSSL can do nothing. */
export function checkTls({ key, cert, passphrase, ca, ciphers }: TlsMaterial): void {
  const password = passphrase === undefined ? {} : { passphrase }
  attempt(key.path, 'The file holds no private key in PEM that --tls-key-password opens', () =>
    createPrivateKey({ key: key.bytes, ...password }),
  )
  attempt(cert.path, 'The file holds no chain of certificates in PEM', () =>
    createSecureContext({ ...NO_ROOTS, cert: cert.bytes }),
  )
  attempt(key.path, `The key is not the one of ${cert.path}`, () => {
    createSecureContext({ ...NO_ROOTS, cert: cert.bytes, key: key.bytes, ...password })
    // OpenSSL keeps a pair of each kind of key, and compares none with a certificate of another kind.
    const [own] = certificatesIn(cert.bytes)
    const privateKey = createPrivateKey({ key: key.bytes, ...password })
    if (own?.checkPrivateKey(privateKey) !== true) throw new Error('key type mismatch')
  })
  if (ca !== null) {
    attempt(ca.path, 'The file holds no certificates in PEM', () => certificatesIn(ca.bytes))
  }
  if (ciphers !== null) {
    attempt(ciphers, 'OpenSSL knows no such cipher suites', () =>
      createSecureContext({ ...NO_ROOTS, ciphers }),
    )
  }
}

/** Node.js would load those of all known authorities. */
const NO_ROOTS: SecureContextOptions = { ca: [] }

/** The certificates of a text in PEM (RFC 7468 §5); throws without one, and at the first that is broken. */
export function certificatesIn(pem: Buffer): readonly X509Certificate[] {
  const blocks = pem.toString('latin1').match(CERTIFICATE) ?? []
  if (blocks.length === 0) throw new Error('no start line')
  return blocks.map((block) => new X509Certificate(block))
}

/** With the older labels that OpenSSL takes as well. */
const CERTIFICATE =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]*-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g

function attempt(input: string, rule: string, use: () => unknown): void {
  try {
    use()
  } catch (error) {
    throw wrongTls(input, `${rule}: ${reasonOf(error)}.`, error)
  }
}

export function wrongTls(input: string, rule: string, cause?: unknown): UsageError {
  return new UsageError(
    {
      code: 'serve/tls',
      input,
      rule,
      cure: 'See --tls-key, --tls-key-password, --tls-cert, --tls-ca, --tls-client-cert and --tls-ciphers.',
    },
    { cause },
  )
}

/** `bad decrypt`, in place of `error:1C800064:Provider routines::bad decrypt` */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'reason' in error ? String(error.reason) : error.message
}
