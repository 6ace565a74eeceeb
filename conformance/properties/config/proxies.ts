import fc from 'fast-check'
import { freePort } from '../../../targets/launch/port.ts'
import type { Settings } from '../../../targets/settings.ts'
import { MARKER } from '../../testers/channel.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { isBytes, isDict, type PyDict, type PyValue, show } from '../../testers/values.ts'
import { type Property, processProperty } from '../property.ts'
import { forwardedHandshake } from './forwarded-handshake.ts'
import { exchangeOverHttp2, serveWith } from './serve-with.ts'

const needs = ['http/1.1', 'config/command-line', 'client-address', 'proxy-headers'] as const

/** Addresses that are reserved for documentation (RFC 5737): nobody connects from there. */
const CLIENT = fc.constantFrom('203.0.113.7', '198.51.100.23')
const STRANGER = '192.0.2.1'
const LOOPBACK = '127.0.0.1'
const LOOPBACK_6 = '::1'

const ONLY_TLS = 'tls/extension/only-over-tls'
const NOT_EMPTY = 'http/scope/scheme-not-empty'

/** Fields of proxies, believed or not. */
export const proxies: readonly Property[] = [
  processProperty({
    id: 'config/proxy-headers',
    law: 'with proxy headers on, the forwarded address and scheme are those of the scope, a handshake its address too',
    clauses: ['config/proxy-headers', 'http/scope/headers-bytes', ONLY_TLS, NOT_EMPTY],
    needs,
    enough: 1,
    program: fc.record({ client: CLIENT }),
    async run(launcher, { client }) {
      const clause = 'config/proxy-headers'
      const settings = { proxyHeaders: true, ...trust(launcher, [LOOPBACK]) }
      const trial = await serveWith(launcher, clause, settings)
      const stream = await exchangeOverHttp2(trial, fieldsFor(client))
      for (const scope of [
        await forwarded(trial, client),
        ...(stream === null ? [] : [stream.exchange.scope]),
      ]) {
        const told = hostOf(scope['client'])
        launcher.check(clause, told === client, `client ${client}`, () => show(scope['client']))
        judgeHeaders(launcher, scope)
        const { extensions } = scope
        const plain = !isDict(extensions) || extensions['tls'] === undefined
        launcher.check(ONLY_TLS, plain, 'no tls extension without TLS', () => show(extensions))
        // Not every documentation names the scheme beside the address.
        if (!launcher.target.has('proxy-headers/trusted-peers')) continue
        launcher.check(clause, scope['scheme'] === 'https', '"https"', () => show(scope['scheme']))
      }
      // What nobody knows can be no scheme; whether it leaves the one that was is up to the server.
      const { scheme } = await forwarded(trial, client, 'gopher')
      launcher.check(NOT_EMPTY, scheme !== '', 'a scheme that is not empty', () => show(scheme))
      if (!launcher.target.has('websocket')) return
      const scope = await forwardedHandshake(trial, clause, client, 'https')
      const told = hostOf(scope['client'])
      const expected = `client ${client} of a handshake`
      launcher.check(clause, told === client, expected, () => show(scope['client']))
    },
  }),
  processProperty({
    id: 'config/proxy-headers-off',
    law: 'with proxy headers off, forwarding fields change neither client nor scheme, in requests and in handshakes',
    clauses: ['config/proxy-headers-off'],
    needs,
    enough: 1,
    program: fc.record({ client: CLIENT }),
    async run(launcher, { client }) {
      const clause = 'config/proxy-headers-off'
      const trial = await serveWith(launcher, clause, { proxyHeaders: false })
      judgeIgnored(launcher, clause, await forwarded(trial, client))
      await judgeHandshakeIgnored(launcher, trial, clause, client)
    },
  }),
  processProperty({
    id: 'config/proxy-trusted-networks',
    law: 'forwarding fields from a peer that is not trusted are ignored, in requests and in handshakes',
    clauses: ['config/proxy-trusted-networks'],
    needs: [...needs, 'proxy-headers/trusted-peers'],
    enough: 1,
    program: fc.record({ client: CLIENT }),
    async run(launcher, { client }) {
      const clause = 'config/proxy-trusted-networks'
      const settings = { proxyHeaders: true, trustedProxies: [STRANGER] }
      const trial = await serveWith(launcher, clause, settings)
      judgeIgnored(launcher, clause, await forwarded(trial, client))
      await judgeHandshakeIgnored(launcher, trial, clause, client)
    },
  }),
  processProperty({
    id: 'config/proxy-networks',
    law: 'a proxy is trusted when its address lies in a network that is, and not when it lies beside it',
    clauses: ['config/proxy-networks'],
    needs: [...needs, 'proxy-headers/trusted-peers', 'documented/proxy-networks'],
    enough: 1,
    program: fc.record({ client: CLIENT }),
    async run(launcher, { client }) {
      const clause = 'config/proxy-networks'
      const sixth = launcher.target.has('host-ipv6')
        ? await freePort(LOOPBACK_6).catch(() => null)
        : null
      for (const { peer, network, trusted } of NETWORKS) {
        if (peer === LOOPBACK_6 && sixth === null) continue
        const settings = { proxyHeaders: true, trustedProxies: [STRANGER, network] }
        const trial = await serveWith(launcher, clause, settings, { host: peer })
        const scope = await forwarded(trial, client)
        const told = hostOf(scope['client'])
        const expected = trusted ? client : peer
        launcher.check(clause, told === expected, `client ${expected} with ${network}`, () =>
          show(scope['client']),
        )
      }
    },
  }),
]

/** Around the address of the peer. */
const NETWORKS: readonly {
  readonly peer: typeof LOOPBACK | typeof LOOPBACK_6
  readonly network: string
  readonly trusted: boolean
}[] = [
  { peer: LOOPBACK, network: '127.0.0.0/8', trusted: true },
  { peer: LOOPBACK, network: '0.0.0.0/0', trusted: true },
  { peer: LOOPBACK, network: '127.0.0.0/31', trusted: true },
  { peer: LOOPBACK, network: '127.0.0.2/31', trusted: false },
  { peer: LOOPBACK, network: '::1/128', trusted: false },
  { peer: LOOPBACK_6, network: '::/127', trusted: true },
]

function trust(launcher: Launcher, trustedProxies: readonly string[]): Settings {
  return launcher.target.has('proxy-headers/trusted-peers') ? { trustedProxies } : {}
}

/** What a proxy adds, in the letters of either version of HTTP. */
function fieldsFor(client: string, scheme = 'https'): readonly (readonly [string, string])[] {
  return [
    ['x-forwarded-for', client],
    ['x-forwarded-proto', scheme],
    ['x-forwarded-host', 'proxied.test'],
  ]
}

/** The scope of a request that a proxy seems to have forwarded. */
async function forwarded(trial: Trial, client: string, scheme?: string): Promise<PyDict> {
  const channel = await trial.connect()
  // The client of the scope does not tell the connection now.
  const request = http.get('/', [[MARKER, channel.id], ...fieldsFor(client, scheme)])
  const exchange = await trial.open(request, { channel })
  await exchange.respond({ status: 204 })
  await exchange.response()
  return exchange.scope
}

function judgeIgnored(launcher: Launcher, clause: string, scope: PyDict): void {
  const told = hostOf(scope['client'])
  launcher.check(clause, told === LOOPBACK, `client ${LOOPBACK}`, () => show(scope['client']))
  launcher.check(clause, scope['scheme'] === 'http', '"http"', () => show(scope['scheme']))
}

/** A server may look at requests and at handshakes in two places. */
async function judgeHandshakeIgnored(
  launcher: Launcher,
  trial: Trial,
  clause: string,
  client: string,
): Promise<void> {
  if (!launcher.target.has('websocket')) return
  const scope = await forwardedHandshake(trial, clause, client, 'https')
  const told = hostOf(scope['client'])
  launcher.check(clause, told === LOOPBACK, `client ${LOOPBACK}`, () => show(scope['client']))
  launcher.check(clause, (scope['scheme'] ?? 'ws') === 'ws', '"ws"', () => show(scope['scheme']))
}

/** www.rst, "HTTP Connection Scope": byte strings, also where one was put in place of another. */
function judgeHeaders(launcher: Launcher, { headers }: PyDict): void {
  const pairs = Array.isArray(headers) ? headers : []
  const odd = pairs.find((pair) => !Array.isArray(pair) || !pair.every((item) => isBytes(item)))
  launcher.check('http/scope/headers-bytes', odd === undefined, 'pairs of byte strings', () =>
    show(odd),
  )
}

function hostOf(client: PyValue | undefined): PyValue | null {
  return Array.isArray(client) ? (client[0] ?? null) : null
}
