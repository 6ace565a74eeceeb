import { createHash } from 'node:crypto'
import type { Judge } from '../judge/judge.ts'
import type { HttpRequest } from '../testers/request.ts'
import { type ResponseHead, valuesOf } from '../testers/response-reader.ts'
import type { DeflateAgreement } from './deflate.ts'

/** An opening handshake as a program holds it: plain data. */
export interface Handshake {
  readonly target: string
  /** Headers beside those that the handshake itself needs; they come first. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** One header line each. */
  readonly subprotocols: readonly (readonly string[])[]
  /** Each an offer, as it goes on the wire: `permessage-deflate; client_max_window_bits`. */
  readonly extensions: readonly string[]
}

export const PLAIN: Handshake = { target: '/', headers: [], subprotocols: [], extensions: [] }

/** Base64 of 16 bytes; nothing depends on its being random here. */
const KEY = Buffer.from('assay handshake!').toString('base64')

/** The request of RFC 6455 §4.1. */
export function handshakeRequest(handshake: Handshake, key: string = KEY): HttpRequest {
  const { target, headers, subprotocols, extensions } = handshake
  return {
    method: 'GET',
    target,
    version: '1.1',
    headers: [
      ...headers,
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Key', key],
      ['Sec-WebSocket-Version', '13'],
      ...subprotocols.map((names) => ['Sec-WebSocket-Protocol', names.join(', ')] as const),
      ...extensions.map((offer) => ['Sec-WebSocket-Extensions', offer] as const),
    ],
    body: { framing: 'none' },
  }
}

/** RFC 6455 §4.2.2: proves that the server has read the handshake. */
function acceptFor(key: string): string {
  const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
  return createHash('sha1').update(`${key}${guid}`).digest('base64')
}

/** RFC 6455 §4.2.2: what every 101 holds, and what it holds only if the client offered it. */
export function judgeUpgrade(judge: Judge, request: HttpRequest, response: ResponseHead): void {
  const single = (name: string): string => valuesOf(response, name).join(', ')
  judge.check(
    'wire/rfc6455/handshake-response',
    single('upgrade').toLowerCase() === 'websocket' &&
      tokens(single('connection')).includes('upgrade'),
    'Upgrade: websocket and Connection: Upgrade',
    () => `Upgrade: ${single('upgrade')}, Connection: ${single('connection')}`,
  )
  judge.check(
    'wire/rfc9110/upgrade-in-101',
    tokens(single('upgrade')).includes('websocket'),
    'Upgrade: websocket in the 101',
    () => `Upgrade: ${single('upgrade') || '(absent)'}`,
  )
  const key = requestValues(request, 'sec-websocket-key').join(', ')
  judge.check(
    'wire/rfc6455/accept-key',
    single('sec-websocket-accept') === acceptFor(key),
    `Sec-WebSocket-Accept: ${acceptFor(key)}`,
    () => single('sec-websocket-accept'),
  )
  const dates = valuesOf(response, 'date').length
  judge.check('wire/rfc9110/date', dates < 2, 'one Date field at most', () => `${dates} of them`)
  judgeExtensions(judge, request, response)
}

/** RFC 6455 §4.2.2, §9.1: in whatever version of HTTP the offer was made. */
export function judgeExtensions(judge: Judge, request: HttpRequest, response: ResponseHead): void {
  const offered = requestValues(request, 'sec-websocket-extensions').map(nameOf)
  const agreed = extensionsOf(response).map(nameOf)
  judge.check(
    'wire/rfc6455/extensions-from-offer',
    agreed.every((name) => offered.includes(name)),
    `only extensions among ${JSON.stringify(offered)}`,
    () => agreed.join(', '),
  )
}

function requestValues(request: HttpRequest, name: string): string[] {
  return request.headers
    .filter(([key]) => key.toLowerCase() === name)
    .flatMap(([, value]) => splitList(value))
}

/** Each extension of the response with its parameters: `permessage-deflate; x=1`. */
export function extensionsOf(response: ResponseHead): string[] {
  return valuesOf(response, 'sec-websocket-extensions').flatMap(splitList)
}

function splitList(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function tokens(value: string): string[] {
  return splitList(value).map((item) => item.toLowerCase())
}

function nameOf(extension: string): string {
  return (extension.split(';')[0] ?? '').trim().toLowerCase()
}

/** Parameters by name, unquoted; a parameter without a value has ''. */
export function parametersOf(extension: string): ReadonlyMap<string, string> {
  const [, ...parameters] = extension.split(';')
  return new Map(
    parameters.map((parameter) => {
      const [name = '', value = ''] = parameter.split('=')
      return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')]
    }),
  )
}

/** What the response agrees on; null where it names no permessage-deflate. */
export function deflateAgreement(response: ResponseHead): DeflateAgreement | null {
  const extension = extensionsOf(response).find((item) => nameOf(item) === 'permessage-deflate')
  if (extension === undefined) return null
  const parameters = parametersOf(extension)
  return {
    serverNoContextTakeover: parameters.has('server_no_context_takeover'),
    clientNoContextTakeover: parameters.has('client_no_context_takeover'),
    serverWindowBits: Number(parameters.get('server_max_window_bits') ?? 15),
    clientWindowBits: Number(parameters.get('client_max_window_bits') ?? 15),
  }
}
