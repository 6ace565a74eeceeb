import { subscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { calls, type Dict, scopes } from '../sabotage/application.ts'
import { closeFrames } from '../sabotage/frames.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import { heads, isNamed } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** What the documentation promises where the specification leaves a choice, and what few connections have. */
export const unforeseenPromiseMutants: readonly Mutant[] = [
  {
    id: 'unforeseen/close-unannounced-at-sigterm',
    property: 'process/sigterm-drains',
    clause: 'wire/rfc9112/close-announced',
    breaks: 'a response in progress at SIGTERM does not say that a close follows it',
    sabotage: heads((head) => ({
      ...head,
      lines: head.lines.filter((line) => !isNamed(line, 'connection')),
    })),
  },
  broken('half-close', 'a client that has ended its side gets no response', {
    process: () =>
      subscribe('net.server.socket', (message) => {
        const { socket } = Object(message)
        if (socket instanceof Socket) socket.once('end', () => socket.destroy())
      }),
  }),
  broken('cut-short-visibly', 'a response that breaks off ends like a whole one', {
    process: () => {
      Socket.prototype.resetAndDestroy = endInOrder
    },
  }),
  broken(
    'application-error-status',
    'an application that raises in a handshake leads to 403',
    heads((head, tap) =>
      /\r\nUpgrade: websocket/i.test(tap.head)
        ? { ...head, statusLine: head.statusLine.replace(' 500 ', ' 403 ') }
        : head,
    ),
  ),
  broken(
    'websocket-end-codes',
    'an application that raises closes with 1000',
    closeFrames((payload) =>
      payload.length >= 2 && payload.readUInt16BE(0) === 1011 ? Buffer.of(0x03, 0xe8) : payload,
    ),
  ),
  broken('refused-event-harmless', 'after one event that was refused all others are', refusing()),
  {
    ...tlsMutant('tls/scope/cipher-suite', 'the suites of RSA keys have the numbers of the others'),
    sabotage: scopes((scope) =>
      withTls(scope, ({ cipher_suite: suite }) =>
        suite === 0xc02f ? { cipher_suite: 0xc02b } : {},
      ),
    ),
  },
  {
    ...tlsMutant('tls/scope/client-cert-error', 'a certificate that nobody trusts has no error'),
    sabotage: scopes((scope) => withTls(scope, () => ({ client_cert_error: null }))),
  },
  {
    ...tlsMutant(
      'tls/scope/client-cert-chain-order',
      'the rest of a chain comes the other way round',
    ),
    property: 'tls/scope/client-cert-error',
    sabotage: scopes((scope) =>
      withTls(scope, ({ client_cert_chain: chain }) =>
        Array.isArray(chain)
          ? { client_cert_chain: [chain[0], ...chain.slice(1).toReversed()] }
          : {},
      ),
    ),
  },
]

function refusing(): Sabotage {
  return calls('http', ({ send }) => {
    let refused: unknown = null
    return {
      send: async (message) => {
        if (refused !== null) throw refused
        try {
          await send(message)
        } catch (error) {
          refused = error
          throw error
        }
      },
    }
  })
}

function tlsMutant(
  clause: string,
  breaks: string,
): Pick<Mutant, 'id' | 'property' | 'clause' | 'breaks'> {
  const id = clause.replace('tls/scope/', 'unforeseen/tls-')
  return { id, property: clause, clause, breaks }
}

/** The scope with some keys of its tls extension changed. */
function withTls(scope: Dict, change: (told: Dict) => Dict): Dict {
  const extensions: Dict = Object(scope['extensions'])
  const told: Dict = Object(extensions['tls'])
  return { ...scope, extensions: { ...extensions, tls: { ...told, ...change(told) } } }
}

function endInOrder(this: Socket): Socket {
  return this.end()
}

function broken(name: string, breaks: string, sabotage: Sabotage): Mutant {
  return {
    id: `unforeseen/${name}`,
    property: `config/${name}`,
    clause: `config/${name}`,
    breaks,
    sabotage,
  }
}
