import type { Settings } from '../../../targets/settings.ts'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { binary, type Exchange } from '../../testers/exchange.ts'
import type { StartOptions } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { type HttpRequest, http } from '../../testers/request.ts'
import type { WireResponse } from '../../testers/response-reader.ts'
import type { Trial } from '../../testers/trial.ts'
import type { WireConnection } from '../../testers/wire.ts'

/** A target that was started with these settings on its command line, ready for exchanges. */
export async function serveWith(
  launcher: Launcher,
  clause: string,
  settings: Settings,
  { host, tls }: Pick<StartOptions, 'host' | 'tls'> = {},
): Promise<Trial> {
  const iut = await launcher.serve(clause, {
    settings: { 'command-line': settings },
    ...(host === undefined ? {} : { host }),
    ...(tls === undefined ? {} : { tls }),
  })
  const seconds = TIMES.reduce((sum, name) => sum + (settings[name] ?? 0), 0)
  if (seconds > 0) {
    const { patience } = iut
    iut.patience = { ...patience, limit: patience.limit + 1000 * seconds + COARSE_CLOCK_MS }
  }
  return launcher.trial(iut)
}

/** Settings after whose time something must happen. */
const TIMES = [
  'timeoutKeepAlive',
  'timeoutHeader',
  'timeoutStall',
  'timeoutShutdown',
  'timeoutRead',
  'timeoutResponse',
  'timeoutWebSocket',
  'timeoutWebSocketOpening',
  'timeoutApplicationClose',
  'webSocketPingInterval',
  'webSocketPingTimeout',
] as const

/** Some servers look only every other second whether a time is over (daphne). */
const COARSE_CLOCK_MS = 2500

/** One whole exchange on a connection of its own. */
export async function exchangeOf(
  trial: Trial,
  request: HttpRequest = http.get('/'),
  status = 200,
): Promise<{ readonly exchange: Exchange; readonly response: WireResponse | null }> {
  const exchange = await trial.open(request, { fresh: true })
  await exchange.respond({ status, body: ['ok'] })
  return { exchange, response: await exchange.response() }
}

/** The same over HTTP/2, where the server takes it by prior knowledge; null where it does not. */
export async function exchangeOverHttp2(
  trial: Trial,
  fields: readonly (readonly [name: string, value: string])[] = [],
  status = 200,
): Promise<{ readonly exchange: Exchange; readonly response: WireResponse | null } | null> {
  if (!trial.iut.target.has('http/2/prior-knowledge')) return null
  const { exchange } = await serve(trial, await openHttp2(trial), h2.get('/', fields))
  await exchange.respond({ status, body: ['ok'] })
  return { exchange, response: await exchange.response() }
}

/** Milliseconds of a time-out that are short for a program, and long for the clock of any server. */
export const SHORT_SECONDS = 1

/** A clock that ticks once a second, or in coarse steps, may end a time-out that much early. */
export const NOT_BEFORE_MS = 500

/** Milliseconds between two octets of a head that never ends: many within the time-out. */
const TRICKLE_MS = 200

/** Writes a little every now and then, until what is waited for has come or failed. */
export async function whileTrickling<Result>(
  write: () => void,
  wait: () => Promise<Result>,
): Promise<Result> {
  const drip = setInterval(write, TRICKLE_MS)
  try {
    return await wait()
  } finally {
    clearInterval(drip)
  }
}

/** Each call writes the next octet, as long as the connection takes any. */
export function octetByOctet(wire: WireConnection, octets: Buffer): () => void {
  let at = 0
  return () => {
    if (wire.usable) wire.write(octets.subarray(at, at + 1))
    at += 1
  }
}

/** What the server answers to these octets on a new connection; null: it closed. */
export async function answerTo(
  trial: Trial,
  octets: string,
  clause: string,
): Promise<WireResponse | null> {
  const { wire } = await trial.connect()
  wire.reader.expect('GET')
  const answered = wire.response()
  wire.write(binary(octets))
  return await trial.iut.within(answered, clause, 'an answer, or a close')
}
