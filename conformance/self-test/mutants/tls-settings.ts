import type { Mutant } from './mutant.ts'

/** TLS that is set, and heeded by halves. */
export const tlsSettingMutants: readonly Mutant[] = [
  {
    id: 'tls-settings/plain-without-password',
    property: 'process/exit-codes',
    clause: 'process/exit-codes',
    breaks:
      'a key that its password does not open is left out, and what was to be TLS is served in cleartext',
    programs: 1,
    sabotage: {
      launch: (request) => {
        const { tls, ...others } = request.settings?.['command-line'] ?? {}
        if (tls?.keyPassword === undefined) return request
        return { ...request, settings: { ...request.settings, 'command-line': others } }
      },
    },
  },
  {
    id: 'tls-settings/handshakes-without-end',
    property: 'config/timeout-handshake',
    clause: 'config/timeout-handshake',
    breaks: 'over TLS the time-out for heads is the usual one',
    programs: 1,
    sabotage: {
      launch: (request) => {
        const told = request.settings?.['command-line'] ?? {}
        if (told.tls === undefined || told.timeoutHeader === undefined) return request
        const { timeoutHeader: _, ...others } = told
        return { ...request, settings: { ...request.settings, 'command-line': others } }
      },
    },
  },
]
