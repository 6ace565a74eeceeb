import { BlockList, isIP } from 'node:net'
import { UsageError } from '../../evidence/errors.ts'
import type { Headers } from '../asgi/messages.ts'

/** What a trusted proxy says of the client. */
export interface Forwarded {
  readonly client: Hop | null
  readonly scheme: string | null
}

/** Proxies name the scheme of a WebSocket connection in either way. */
const SCHEMES: ReadonlyMap<string, string> = new Map([
  ['http', 'http'],
  ['https', 'https'],
  ['ws', 'http'],
  ['wss', 'https'],
])

/** An address, and how many of its bits are those of the network. */
const NETWORK = /^([^/]+)(?:\/(\d+))?$/

/** Decides whose X-Forwarded-For and X-Forwarded-Proto are believed. */
export class ProxyTrust {
  readonly #networks: BlockList
  readonly #everyone: boolean

  constructor(trusted: readonly string[]) {
    this.#networks = new BlockList()
    this.#everyone = trusted.includes('*')
    for (const entry of trusted) if (entry !== '*') this.#add(entry)
  }

  #add(entry: string): void {
    const [, address = '', prefix] = NETWORK.exec(entry) ?? []
    const family = isIP(address)
    const most = family === 6 ? 128 : 32
    const bits = prefix === undefined ? most : Number(prefix)
    if (family === 0 || bits > most) {
      throw new UsageError({
        code: 'serve/trusted-proxies',
        input: entry,
        rule: 'A trusted proxy is an IP address or a network.',
        cure: 'For example 10.0.0.1, 10.0.0.0/8, fd00::/8, or * for everyone.',
      })
    }
    this.#networks.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4')
  }

  #trusts(address: string): boolean {
    if (this.#everyone) return true
    const plain = address.startsWith('::ffff:') ? address.slice(7) : address
    const family = isIP(plain)
    return family !== 0 && this.#networks.check(plain, family === 6 ? 'ipv6' : 'ipv4')
  }

  /**
   * Walks X-Forwarded-For from the right, past the proxies that are trusted: the first other address is
   * the client. What is no address ends the walk, as nobody can be trusted behind it: www.rst wants one of the client.
   * Null when the peer itself is not trusted, or says nothing.
   */
  read(peer: string | null, headers: Headers): Forwarded | null {
    if (peer !== null && !this.#trusts(peer)) return null
    const hops = knownHops(valuesOf(headers, 'x-forwarded-for'))
    const scheme = valuesOf(headers, 'x-forwarded-proto').at(-1)?.toLowerCase() ?? null
    const known = scheme === null ? null : (SCHEMES.get(scheme) ?? null)
    const client = hops.findLast(([host]) => !this.#trusts(host)) ?? hops[0] ?? null
    return client === null && known === null ? null : { client, scheme: known }
  }
}

type Hop = readonly [host: string, port: number]

/** Those behind the last text that is no address. */
function knownHops(texts: readonly string[]): Hop[] {
  const hops = texts.map(hopOf)
  return hops.slice(hops.lastIndexOf(null) + 1).filter((hop) => hop !== null)
}

/**
 * `192.0.2.1`, `192.0.2.1:4711` or `[2001:db8::1]:4711`; where no port is told it is 0, as no client has. Null for
 * `unknown` and other names.
 */
function hopOf(text: string): Hop | null {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = bracketed ?? plain ?? text
  const number = Number(port ?? 0)
  return isIP(host) === 0 || number > 65_535 ? null : [host, number]
}

function valuesOf(headers: Headers, name: string): string[] {
  return headers
    .filter(([own]) => latin1(own) === name)
    .flatMap(([, value]) => latin1(value).split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '')
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
