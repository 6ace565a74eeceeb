import fc from 'fast-check'
import { word } from '../../arbitraries/http.ts'
import { binary, bodyMessage, type Exchange, startMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { type Message, show } from '../../testers/values.ts'
import { judgeSurplus } from '../http/surplus.ts'
import { openEither } from '../http2/either-version.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { ASKS_TRAILERS, offers } from './announced.ts'

const SYNTAX = 'wire/rfc9112/field-syntax'
const INVALID = 'asgi/error/invalid-event-raises'
const UNCAUGHT = 'asgi/error/app-exception-terminates'

/** Where an application gives fields beside the start of its response. */
const PLACES = ['http.response.trailers', 'http.response.early_hint'] as const
/** Where it gives a file. */
const FILES = ['http.response.pathsend', 'http.response.zerocopysend'] as const
type Place = (typeof PLACES)[number] | (typeof FILES)[number]

/** RFC 9112 §5, asgi.rst "Error Handling": what holds for the headers of a response holds for all fields. */
export const split: readonly Property[] = [
  exchangeProperty({
    id: 'http/send/split-header-value/extensions',
    law: 'no line break in a trailer or in a link of an early hint makes another line',
    clauses: [SYNTAX],
    program: fc.record({
      place: fc.constantFrom(...PLACES),
      before: word,
      breaker: fc.constantFrom('\r\n', '\n', '\r', '\r\n\r\n', '\0'),
      inName: fc.boolean(),
      http2: fc.boolean(),
    }),
    async run(trial, { place, before, breaker, inName, http2 }) {
      const exchange = await begun(trial, place, http2, SYNTAX)
      if (exchange === null) return
      const evil = `${before}${breaker}x-injected: yes`
      const pair = inName ? [binary(`x-${evil}`), binary('1')] : [binary('x-sum'), binary(evil)]
      const sent = await exchange.send(fieldsMessage(place, pair, binary(evil)))
      if (place === 'http.response.early_hint' && sent.raised === null)
        await exchange.send(bodyMessage('content', false))
      // Behind an exception that the application lets through, a response that never ends is another matter.
      const rule = sent.raised === null ? SYNTAX : UNCAUGHT
      exchange.answersFor = rule
      if (sent.raised === null) await exchange.app.return()
      else await exchange.app.reraise()
      const response = await exchange.response(rule)
      await trial.iut.cameWithinQuiet(exchange.channel.wire.activity())
      const interim = response?.interim.flatMap(({ headers }) => headers) ?? []
      const fields = [...interim, ...(response?.headers ?? []), ...(response?.trailers ?? [])]
      const injected = fields.find(([name]) => name.toLowerCase().endsWith('x-injected'))
      trial.check(
        SYNTAX,
        injected === undefined,
        'no field that the application did not name, or must not',
        () => JSON.stringify(injected),
      )
      await judgeSurplus(trial, exchange.channel.wire, SYNTAX, 'no bytes beyond the response')
    },
  }),
  exchangeProperty({
    id: `${INVALID}/extensions`,
    law: 'events of extensions with wrong Python types, or without their key, raise an exception out of send()',
    clauses: [INVALID],
    enough: 40,
    program: fc.record({
      place: fc.constantFrom(...PLACES, ...FILES),
      wrong: fc.constantFrom('text' as const, 'number' as const, 'absent' as const),
      text: word,
      http2: fc.boolean(),
    }),
    async run(trial, { place, wrong, text, http2 }) {
      const exchange = await begun(trial, place, http2, INVALID)
      if (exchange === null) return
      const message = invalidMessage(place, wrong, text)
      const { raised } = await exchange.send(message)
      trial.check(
        INVALID,
        raised !== null,
        `an exception for ${place} with ${wrong === 'absent' ? 'nothing' : `a ${wrong}`}`,
        () => `${show(message)} was accepted`,
      )
      await exchange.app.return()
    },
  }),
]

/** A response that has come as far as the place; null where the scope does not offer it: then nothing is judged. */
async function begun(
  trial: Trial,
  place: Place,
  http2: boolean,
  clause: string,
): Promise<Exchange | null> {
  const exchange = await openEither(trial, http2, http.get('/', ASKS_TRAILERS))
  exchange.misused = true
  const trailers = place === 'http.response.trailers'
  if (!offers(exchange.scope, place)) {
    trial.judge.notApplicable(clause, `the server does not offer ${place}`)
    await exchange.respond({ status: 204 })
    return null
  }
  await exchange.send({ ...startMessage({ status: 200 }), trailers })
  if (trailers) await exchange.send(bodyMessage('content', false))
  return exchange
}

/** A path is text, and a file neither text nor bytes. */
function invalidMessage(place: Place, wrong: 'text' | 'number' | 'absent', text: string): Message {
  if (wrong === 'absent') return { type: place }
  // No number that could be a descriptor of the server's.
  const value = wrong === 'text' ? text : -7
  switch (place) {
    case 'http.response.pathsend':
      return { type: place, path: wrong === 'text' ? binary(`/${text}`) : value }
    case 'http.response.zerocopysend':
      return { type: place, file: value }
    case 'http.response.trailers':
    case 'http.response.early_hint':
      return fieldsMessage(place, [binary('x-sum'), value], value)
  }
}

function fieldsMessage(
  place: Place,
  pair: readonly [Buffer, Buffer | string | number] | readonly Buffer[],
  link: Buffer | string | number,
): Message {
  return place === 'http.response.trailers'
    ? { type: place, headers: [[...pair]] }
    : { type: place, links: [link] }
}
