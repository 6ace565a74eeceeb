import fc from 'fast-check'
import { binary, type Exchange } from '../../testers/exchange.ts'
import { type HttpRequest, http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { interim } from './expect.ts'

const CLAUSE = 'wire/rfc9110/higher-minor-version'
const VERSION = 'http/scope/http-version'

/** What a server made of a request, as far as the minor version decides it. */
interface Treatment {
  /** Null: it was refused. */
  readonly version: string | null
  readonly framing: string
  readonly invited: boolean
  /** Another request was served on the connection. */
  readonly persists: boolean
}

const REFUSED: Treatment = { version: null, framing: 'none', invited: false, persists: false }

/**
 * RFC 9110 §6.2: a request of a higher minor version is processed "as if it were in the highest minor
 * version within that major version to which the recipient is conformant". Its twin of HTTP/1.1 shows
 * what that comes to; what the application is told of the version is another matter.
 */
export const higherMinor: Property = exchangeProperty({
  id: `${CLAUSE}/as-known`,
  law: 'a request of HTTP/1.2 to HTTP/1.9 is processed like its twin of HTTP/1.1 in framing, persistence and expectations, and its version is one that ASGI knows',
  clauses: [CLAUSE, VERSION],
  enough: 32,
  program: fc.record({
    version: fc.constantFrom('1.2', '1.3', '1.4', '1.5', '1.6', '1.7', '1.8', '1.9'),
    content: fc.constantFrom('none', 'sized', 'chunked', 'expected'),
  }),
  async run(trial, { version, content }) {
    const asked = request(content)
    const known = await treatment(trial, asked, null)
    const higher = await treatment(trial, { ...asked, version }, known)
    if (known.version === null) return
    const { version: told } = higher
    if (told !== null)
      trial.check(
        VERSION,
        ['"1.0"', '"1.1"', '"2"'].includes(told),
        '"1.0", "1.1" or "2"',
        () => told,
      )
    for (const key of ['framing', 'invited', 'persists'] as const)
      trial.check(
        CLAUSE,
        higher[key] === known[key],
        `HTTP/${version} treated like HTTP/1.1: ${describe(key, known)}`,
        () => (higher.version === null ? 'a refusal' : describe(key, higher)),
      )
  },
})

function describe(key: Exclude<keyof Treatment, 'version'>, treated: Treatment): string {
  switch (key) {
    case 'framing':
      return `a response whose framing is "${treated.framing}"`
    case 'invited':
      return treated.invited ? '100 (Continue)' : 'no 100 (Continue)'
    case 'persists':
      return treated.persists ? 'a connection that persists' : 'a close'
  }
}

const CONTENT = 'content'

function request(content: string): HttpRequest {
  if (content === 'none') return http.get('/')
  if (content !== 'chunked')
    return http.post('/', CONTENT, content === 'expected' ? [['Expect', '100-continue']] : [])
  return { ...http.post('/', ''), body: { framing: 'chunked', chunks: ['con', 'tent'] } }
}

/** `known`: how the twin was treated, where there was one. */
async function treatment(
  trial: Trial,
  asked: HttpRequest,
  known: Treatment | null,
): Promise<Treatment> {
  const expects = asked.headers.length > 0
  const { exchange, invited } = expects
    ? await expecting(trial, asked, known)
    : { exchange: await received(trial, asked), invited: false }
  if (exchange === null) return REFUSED
  await exchange.respond({ status: 200, body: ['of', ' unknown length'] })
  const response = await exchange.response()
  const { channel } = exchange
  const next = response === null ? null : await trial.attempt(http.get('/next'), { channel })
  return {
    version: versionOf(exchange),
    framing: response?.framing ?? 'none',
    invited,
    persists: next !== null && next.served !== null,
  }
}

function versionOf({ scope }: Exchange): string {
  return show(scope['http_version'])
}

async function received(trial: Trial, asked: HttpRequest): Promise<Exchange | null> {
  const { served } = await trial.attempt(asked, { fresh: true })
  await served?.readBody()
  return served
}

/** A client that waits for 100 (Continue) for a while, and then sends its content anyway. */
async function expecting(
  trial: Trial,
  asked: HttpRequest,
  known: Treatment | null,
): Promise<{ readonly exchange: Exchange | null; readonly invited: boolean }> {
  const { channel, exchange, adopt } = await trial.openEarly(asked)
  const { wire } = channel
  const waiting = exchange?.receive()
  waiting?.catch(() => undefined)
  // What is taken for another version may well get no invitation.
  const alike = exchange === null || versionOf(exchange) === known?.version
  if (known?.invited === true && alike)
    await trial.iut.within(interim(wire), CLAUSE, '100 (Continue), as for HTTP/1.1')
  else await trial.iut.cameWithinQuiet(interim(wire), PERIODS)
  const invited = wire.reader.currentInterim[0]?.status === 100
  if (!wire.usable || wire.reader.currentHead !== null) return { exchange: null, invited }
  wire.write(binary(CONTENT))
  if (exchange === null) {
    const late = await adopt()
    await late.readBody()
    return { exchange: late, invited }
  }
  exchange.sent = binary(CONTENT)
  exchange.requestComplete = true
  const first = await waiting
  if (first?.['more_body'] === true) await exchange.readBody()
  return { exchange, invited }
}

/** Quiet periods in which a server that invites its clients has done so. */
const PERIODS = 10
