import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { headersOf, scopes, textOf } from '../sabotage/application.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Addresses, mount points and proxies, taken too literally (config/ in the catalogue). */
export const recalledSettingsMutants: readonly Mutant[] = [
  {
    id: 'recalled/path-without-root',
    property: 'config/root-path-in-path',
    clause: 'config/root-path-in-path',
    breaks: 'root_path is taken off the path of an application that is mounted',
    sabotage: scopes((scope) => ({
      ...scope,
      path: String(scope['path']).replace(textOf(scope['root_path']), ''),
    })),
  },
  {
    id: 'recalled/handshake-path-without-root',
    property: 'config/root-path-in-path-websocket',
    clause: 'config/root-path-in-path-websocket',
    breaks: 'root_path is taken off the path of a handshake',
    sabotage: scopes(
      (scope) => ({
        ...scope,
        path: String(scope['path']).replace(textOf(scope['root_path']), ''),
      }),
      'websocket',
    ),
  },
  {
    id: 'recalled/removed-socket-missed',
    property: 'process/shutdown-exit-code/socket-gone',
    clause: 'process/shutdown-exit-code',
    breaks: 'a shutdown fails when the file of its unix socket is gone',
    sabotage: {
      process: () =>
        process.prependOnceListener('exit', () => {
          if (!existsSync(argument('--uds'))) process.exitCode = 1
        }),
    },
  },
  {
    id: 'recalled/handshake-without-defaults',
    property: 'config/default-headers-handshake',
    clause: 'config/default-headers-handshake',
    breaks: 'the response to a handshake lacks the headers that were set by default',
    sabotage: {
      outgoing: (bytes) =>
        bytes.startsWith('HTTP/1.1 101 ') ? bytes.replace(/\r\nx-first: [^\r]*/i, '') : bytes,
    },
  },
  {
    id: 'recalled/host-must-be-address',
    property: 'config/host-name',
    clause: 'config/host-name',
    breaks: 'a host that is a name and no address ends the start',
    sabotage: {
      process: () => {
        if (isIP(argument('--host')) === 0) process.exit(70)
      },
    },
  },
  {
    ...forwarded('config/proxy-headers-chain', 'the address that was claimed first is believed'),
    sabotage: requests((bytes) => bytes.replace(/(\r\nX-Forwarded-For: [^,\r]*),[^\r]*/, '$1')),
  },
  {
    ...forwarded('config/proxy-headers-repeated', 'of several X-Forwarded-For the last counts'),
    sabotage: requests((bytes) =>
      bytes.replaceAll(/\r\nX-Forwarded-For: [^\r]*(?=[^]*\r\nX-Forwarded-For: )/g, ''),
    ),
  },
  {
    ...forwarded('config/proxy-headers-empty', 'an empty X-Forwarded-For empties the client'),
    sabotage: scopes((scope) =>
      headersOf(scope).some(([name, value]) => name === 'x-forwarded-for' && value === '')
        ? { ...scope, client: ['', 0] }
        : scope,
    ),
  },
  {
    ...forwarded('config/proxy-headers-all-trusted', 'nobody is the client behind proxies alone'),
    sabotage: scopes((scope) =>
      headersOf(scope).some(([name, value]) => name === 'x-forwarded-for' && value === '127.0.0.1')
        ? { ...scope, client: [null, 0] }
        : scope,
    ),
  },
  {
    ...forwarded('http/scope/client', 'a forwarded address keeps its port in the host'),
    id: 'recalled/forwarded-port-in-host',
    sabotage: scopes((scope) => {
      const told = headersOf(scope).find(([name]) => name === 'x-forwarded-for')?.[1] ?? ''
      const withPort = /[\d.]+:\d+/.exec(told)?.[0]
      return withPort === undefined ? scope : { ...scope, client: [withPort, 0] }
    }),
  },
  {
    ...forwarded('config/proxy-headers-opaque', 'a forwarded address beyond ASCII is fatal'),
    sabotage: requests((bytes, tap) => {
      if (/\r\nX-Forwarded-For: [^\r]*[\x80-\xff]/.test(bytes)) tap.reset()
      return bytes
    }),
  },
  {
    id: 'recalled/forwarded-https-as-it-is',
    property: 'config/proxy-headers-websocket',
    clause: 'config/proxy-headers-websocket',
    breaks: 'a forwarded https stands in the scope of a WebSocket connection as it came',
    sabotage: scopes(
      (scope) =>
        headersOf(scope).some(([name, value]) => name === 'x-forwarded-proto' && value === 'https')
          ? { ...scope, scheme: 'https' }
          : scope,
      'websocket',
    ),
  },
  {
    id: 'recalled/forwarded-wss-unknown',
    property: 'config/proxy-headers-wss',
    clause: 'config/proxy-headers-wss',
    breaks: 'a forwarded wss is not known as a scheme',
    sabotage: requests((bytes) => bytes.replace('X-Forwarded-Proto: wss', 'X-Forwarded-Proto: ?')),
  },
]

/** The property looks at all forms of the field; the clause is about one of them. */
function forwarded(
  clause: string,
  breaks: string,
): Pick<Mutant, 'id' | 'property' | 'clause' | 'breaks'> {
  const id = clause.replace('config/proxy-headers-', 'recalled/forwarded-')
  return { id, property: 'config/proxy-headers/forms', clause, breaks }
}

/** What follows an option on the command line of the server. */
function argument(option: string): string {
  return process.argv[process.argv.indexOf(option) + 1] ?? ''
}
