import { type Dict, scopes } from '../sabotage/application.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import type { Mutant } from './mutant.ts'

/** TLS that is set, and heeded by halves. */
export const tlsSettingMutants: readonly Mutant[] = [
  {
    id: 'tls-settings/plain-without-password',
    property: 'process/exit-codes/unusable-tls',
    clause: 'process/exit-codes',
    breaks:
      'a key that its password does not open is left out, and what was to be TLS is served in cleartext',
    sabotage: {
      launch: (request) => {
        const { tls, ...others } = request.settings?.['command-line'] ?? {}
        if (tls?.keyPassword === undefined) return request
        return { ...request, settings: { ...request.settings, 'command-line': others } }
      },
    },
  },
  {
    id: 'tls-settings/chain-of-the-first-visit',
    property: 'tls/scope/client-cert-chain',
    clause: 'tls/scope/client-cert-chain',
    breaks:
      'a client that comes again has its own certificate for a chain, without those behind it',
    sabotage: chainOnce(),
  },
]

/** By the name of the client and its port, which is another one when it comes again. */
function chainOnce(): Sabotage {
  const ports = new Map<string, string>()
  return scopes((scope) => {
    const { extensions, client } = scope
    const tls = isDict(extensions) ? extensions['tls'] : undefined
    if (!isDict(extensions) || !isDict(tls) || !Array.isArray(tls['client_cert_chain']))
      return scope
    const name = String(tls['client_cert_name'])
    const port = String(client)
    if ((ports.get(name) ?? port) !== port) {
      const own = { ...tls, client_cert_chain: tls['client_cert_chain'].slice(0, 1) }
      return { ...scope, extensions: { ...extensions, tls: own } }
    }
    ports.set(name, port)
    return scope
  })
}

function isDict(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
