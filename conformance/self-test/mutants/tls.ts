import type { TlsFiles } from '../../../targets/settings.ts'
import { type Dict, scopes } from '../sabotage/application.ts'
import type { Mutant } from './mutant.ts'

/** Encryption that is not what it was set to, or told wrongly (tls.rst; RFC 9325). */
export const tlsMutants: readonly Mutant[] = [
  {
    id: 'tls/extension-on-plain-connections',
    property: 'tls/extension/only-over-tls',
    clause: 'tls/extension/only-over-tls',
    breaks: 'scopes of plain connections have the tls extension',
    sabotage: extension(() => ({ tls_version: null, cipher_suite: null, server_cert: null })),
  },
  {
    id: 'tls/version-as-text',
    property: 'tls/scope/dict',
    clause: 'tls/scope/tls-version',
    breaks: 'tls_version is the name of the version',
    sabotage: extension((told) => ({ ...told, tls_version: 'TLSv1.3' })),
  },
  {
    id: 'tls/cipher-suite-zero',
    property: 'tls/scope/dict',
    clause: 'tls/scope/cipher-suite',
    breaks: 'cipher_suite is always 0',
    sabotage: extension((told) => ({ ...told, cipher_suite: 0 })),
  },
  {
    id: 'tls/client-name-constant',
    property: 'tls/scope/client-cert-chain',
    clause: 'tls/scope/client-cert-name',
    breaks: 'client_cert_name is not the name in the certificate',
    sabotage: extension((told) => ({ ...told, client_cert_name: 'CN=somebody' })),
  },
  {
    id: 'tls/scheme-http',
    property: 'config/tls-certificate',
    clause: 'http/scope/scheme',
    breaks: 'requests over TLS have the scheme http',
    sabotage: scopes((scope) => ({ ...scope, scheme: 'http' })),
  },
  {
    id: 'tls/settings-ignored',
    property: 'config/tls-only',
    clause: 'config/tls-only',
    breaks: 'an address that is set to TLS serves plain text',
    sabotage: tlsSettings(() => null),
  },
  {
    id: 'tls/newest-version-not-spoken',
    property: 'wire/rfc9325/versions',
    clause: 'wire/rfc9325/tls-1-3-supported',
    breaks: 'TLS 1.3 is not spoken',
    sabotage: {
      launch: (request) => ({
        ...request,
        environment: { ...request.environment, NODE_OPTIONS: '--tls-max-v1.2' },
      }),
    },
  },
  {
    id: 'tls/weak-suites-only',
    property: 'wire/rfc9325/versions',
    clause: 'wire/rfc9325/recommended-suites',
    breaks: 'TLS 1.2 is spoken with ciphers in CBC mode alone',
    sabotage: tlsSettings((tls) => ({
      ...tls,
      ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA',
    })),
  },
  {
    id: 'tls/one-suite-missing',
    property: 'wire/rfc9325/versions',
    clause: 'wire/rfc9325/recommended-suites',
    breaks: 'of the recommended suites of TLS 1.2 that with AES-256 is missing',
    sabotage: tlsSettings((tls) => ({
      ...tls,
      ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256',
    })),
  },
  {
    id: 'tls/client-certificates-not-asked-for',
    property: 'config/tls-client-certificate-required',
    clause: 'config/tls-client-certificate-required',
    breaks: 'clients are served without the certificate that they must show',
    sabotage: tlsSettings((tls) => ({ ...tls, clientAuthority: null })),
  },
]

function extension(edit: (told: Dict) => Dict): Mutant['sabotage'] {
  return scopes((scope) => {
    const extensions: Dict = Object(scope['extensions'])
    return { ...scope, extensions: { ...extensions, tls: edit(Object(extensions['tls'])) } }
  })
}

/** Changes what is set about TLS on the command line; null: nothing is. */
function tlsSettings(edit: (tls: TlsFiles) => TlsFiles | null): Mutant['sabotage'] {
  return {
    launch: (request) => {
      const given = request.settings?.['command-line']?.tls
      const tls = given === undefined ? null : edit(given)
      return { ...request, settings: { 'command-line': tls === null ? {} : { tls } } }
    },
  }
}
