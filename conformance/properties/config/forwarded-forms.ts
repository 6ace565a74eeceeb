import { isIP } from 'node:net'
import fc from 'fast-check'
import { isClientError } from '../../judge/status.ts'
import { describeRefusal } from '../../testers/attempt.ts'
import { MARKER } from '../../testers/channel.ts'
import { type HttpRequest, http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { type PyDict, show } from '../../testers/values.ts'
import { type Property, processProperty } from '../property.ts'
import { forwardedHandshake } from './forwarded-handshake.ts'
import { serveWith } from './serve-with.ts'

const ADDRESS = 'http/scope/client'
const TRUSTED = 'config/proxy-headers-all-trusted'
const OPAQUE = 'config/proxy-headers-opaque'
const CHAIN = 'config/proxy-headers-chain'
const EMPTY = 'config/proxy-headers-empty'
const REPEATED = 'config/proxy-headers-repeated'
const SCHEME = 'config/proxy-headers-websocket'
const NAMED = 'config/proxy-headers-wss'

/** Reserved for documentation (RFC 5737): nobody connects from there. */
const CLIENT = fc.constantFrom('203.0.113.7', '198.51.100.23')
const PROXY = '127.0.0.1'

const needs = [
  'http/1.1',
  'config/command-line',
  'client-address',
  'proxy-headers',
  'proxy-headers/trusted-peers',
] as const

/** The forms that a forwarding field takes on its way through several proxies, or none. */
export const forwardedForms: readonly Property[] = [
  processProperty({
    id: 'config/proxy-headers/forms',
    law: 'a forwarded address is found behind trusted proxies, in repeated fields, with or without its port, and an odd or empty one harms nothing',
    clauses: [OPAQUE, CHAIN, EMPTY, REPEATED, TRUSTED, ADDRESS],
    needs,
    enough: 1,
    program: fc.record({ client: CLIENT }),
    async run(launcher, { client }) {
      const trial = await serveWith(launcher, CHAIN, {
        proxyHeaders: true,
        trustedProxies: [PROXY],
      })
      const behindProxy = await scopeWith(trial, CHAIN, [`${client}, ${PROXY}`])
      judgeHost(trial, CHAIN, behindProxy, client)
      const claimed = await scopeWith(trial, CHAIN, [`192.0.2.66, ${client}, ${PROXY}`])
      judgeHost(trial, CHAIN, claimed, client)
      // RFC 9110 §5.3: several lines are one list.
      const repeated = await scopeWith(trial, REPEATED, ['192.0.2.66', client, PROXY])
      judgeHost(trial, REPEATED, repeated, client)
      const empty = await scopeWith(trial, EMPTY, [''])
      judgeHost(trial, EMPTY, empty, PROXY)
      const anybody = { proxyHeaders: true, trustedProxies: ['*'] }
      const open = await serveWith(launcher, EMPTY, anybody)
      judgeHost(open, EMPTY, await scopeWith(open, EMPTY, ['']), PROXY)
      await scopeWith(trial, OPAQUE, ['caf\xe9'])
      // A client on the machine of a proxy.
      const near = await scopeWith(trial, TRUSTED, [PROXY])
      judgeHost(trial, TRUSTED, near, PROXY)
      // A proxy may tell the port of its client too: host is still an address, as www.rst wants it of a server. What
      // wraps the application is not one.
      if (!launcher.target.has('proxy-headers/built-in')) return
      const withPort = await scopeWith(trial, ADDRESS, [`${client}:4711, ${PROXY}`])
      judgeHost(trial, ADDRESS, withPort, client)
      for (const written of ['2001:db8::7', '[2001:db8::7]', '[2001:db8::7]:4711']) {
        const six = await scopeWith(trial, ADDRESS, [`${written}, ${PROXY}`])
        judgeHost(trial, ADDRESS, six, '2001:db8::7')
      }
      // Elsewhere a trusted proxy is believed whatever it writes: names, too, and paths of sockets.
      if (!launcher.target.has('documented/forwarded-addresses-alone')) return
      for (const none of ['unknown', '_hidden', `${client}:65536`])
        judgeAddress(trial, await scopeWith(trial, ADDRESS, [none]))
    },
  }),
  schemeProperty(SCHEME, 'https'),
  schemeProperty(NAMED, 'wss'),
]

function schemeProperty(clause: string, scheme: string): Property {
  return processProperty({
    id: clause,
    law: `a forwarded scheme of ${scheme} is wss in the scope of a WebSocket connection`,
    clauses: [clause, 'config/proxy-headers'],
    needs: [...needs, 'websocket'],
    enough: 1,
    program: fc.record({ client: CLIENT }),
    async run(launcher, { client }) {
      const settings = { proxyHeaders: true, trustedProxies: [PROXY] }
      const trial = await serveWith(launcher, clause, settings)
      const scope = await forwardedHandshake(trial, clause, client, scheme)
      const { scheme: seen } = scope
      trial.check(clause, seen === 'wss', '"wss"', () => show(seen))
      // Where it is promised of every scope.
      if (launcher.target.has('documented/proxy-networks'))
        judgeHost(trial, 'config/proxy-headers', scope, client)
    },
  })
}

/** The scope of a request with these X-Forwarded-For lines; null where the server refuses it. */
async function scopeWith(
  trial: Trial,
  clause: string,
  lines: readonly string[],
): Promise<PyDict | null> {
  const channel = await trial.connect()
  const request: HttpRequest = http.get('/', [
    // The client of the scope does not tell the connection now.
    [MARKER, channel.id],
    ...lines.map((line) => ['X-Forwarded-For', line] as const),
  ])
  const { served, refused } = await trial.attempt(request, { channel })
  trial.check(
    clause,
    served !== null || isClientError(refused.response?.status),
    'the request served, or refused with a 4xx',
    () => (refused === null ? '' : describeRefusal(refused)),
  )
  if (served === null) return null
  await served.respond({ status: 204 })
  await served.response()
  return served.scope
}

/** www.rst, "client": of what is no address nothing can be told but that it is not known, or who sent it. */
function judgeAddress(trial: Trial, scope: PyDict | null): void {
  if (scope === null) return
  const { client = null } = scope
  const [host, port] = Array.isArray(client) ? client : [null, null]
  const isAddress = typeof host === 'string' && isIP(host) !== 0
  const isPort = typeof port !== 'number' || port <= 65_535
  trial.check(
    ADDRESS,
    client === null || (isAddress && isPort),
    'an IP address and a port, or None',
    () => show(client),
  )
}

function judgeHost(trial: Trial, clause: string, scope: PyDict | null, expected: string): void {
  if (scope === null) return
  const { client } = scope
  const host = Array.isArray(client) ? client[0] : null
  trial.check(clause, host === expected, `client ${expected}`, () => show(client))
}
