import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { openHttp2, serve } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { isClientError } from '../../judge/status.ts'
import type { Channel } from '../../testers/channel.ts'
import { binary, type Exchange } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import { type ResponseHead, valuesOf } from '../../testers/response-reader.ts'
import type { Trial } from '../../testers/trial.ts'
import { refusalOfVersion } from '../http2/web-socket-stream.ts'
import { exchangeProperty, type Property, processProperty } from '../property.ts'

/** RFC 9110 §6.6.1: "all" of them, whoever made the response. */
const OWN = 'wire/rfc9110/date-of-own-errors'
/** Quiet periods that a server is given to refuse. */
const PERIODS = 10

/** RFC 9110 §6.6.1 and §5.6.7: the date of a response. */
export const date: readonly Property[] = [
  exchangeProperty({
    id: 'wire/rfc9110/date',
    law: 'responses with content carry one Date in the preferred format',
    clauses: [
      'wire/rfc9110/date',
      'wire/rfc9110/imf-fixdate',
      'wire/rfc9110/date-approximates-now',
    ],
    program: fc.record({ status: fc.constantFrom(200, 201, 301, 404), path: arbitrary.path }),
    async run(trial, { status, path }) {
      const exchange = await trial.open(http.get(path))
      await exchange.respond({ status, body: ['x'] })
      const response = await exchange.response()
      if (response === null) return
      const dates = valuesOf(response, 'date')
      if (
        !trial.check(
          'wire/rfc9110/date',
          dates.length === 1,
          'one Date field',
          () => `${dates.length} Date fields`,
        )
      )
        return
      const [text = ''] = dates
      trial.check('wire/rfc9110/imf-fixdate', IMF_FIXDATE.test(text), 'IMF-fixdate', () =>
        JSON.stringify(text),
      )
      const drift = Math.abs(Date.parse(text) - Date.now())
      trial.check(
        'wire/rfc9110/date-approximates-now',
        drift < DATE_DRIFT,
        'the time of the response, give or take ten seconds',
        () => `${text}, ${Math.round(drift / 1000)} seconds off`,
      )
    },
  }),
  exchangeProperty({
    id: OWN,
    law: 'a client error that the server answers itself has a Date too, over HTTP/2 as well',
    clauses: [OWN],
    enough: 12,
    program: fc.record({
      broken: fc.constantFrom(
        'GET / HTTP/1.1\r\nHost: a\r\nBad Name: 1\r\n\r\n',
        'GET / HTTP/1.1\r\n\r\n',
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n',
      ),
      /** Of a connection on which a request has been served. */
      later: fc.boolean(),
      http2: fc.boolean(),
    }),
    async run(trial, { broken, later, http2 }) {
      if (http2 && trial.iut.target.has('http/2/prior-knowledge'))
        return judgeOwn(trial, (await refusalOfVersion(trial)) ?? null)
      const channel = await trial.connect()
      if (later) await dateOf(trial, channel, '/')
      if (!channel.wire.usable) return
      channel.wire.reader.expect('GET')
      const answered = channel.wire.response()
      channel.wire.write(binary(broken))
      const refused = await trial.iut.cameWithinQuiet(answered, PERIODS)
      judgeOwn(trial, refused ? await answered : null)
    },
  }),
  exchangeProperty({
    id: 'wire/rfc9110/date-advances',
    law: 'on one connection a response that is made seconds later has a later Date',
    clauses: ['wire/rfc9110/date-approximates-now'],
    enough: 2,
    caseOf: ({ http2 }) => String(http2),
    program: fc.record({ path: fc.constantFrom('/', '/later'), http2: fc.boolean() }),
    async run(trial, { path, http2 }) {
      const over2 = http2 && trial.iut.target.has('http/2/prior-knowledge')
      const asking = over2 ? await datesOver2(trial, path) : await datesOver1(trial, path)
      const first = await asking()
      await setTimeout(LATER)
      const second = await asking()
      if (first === null || second === null) {
        const clause = 'wire/rfc9110/date-approximates-now'
        trial.judge.notApplicable(
          clause,
          'two responses with a Date did not come on one connection',
        )
        return
      }
      trial.check(
        'wire/rfc9110/date-approximates-now',
        second > first,
        `a Date later than ${new Date(first).toUTCString()}, ${LATER / 1000} seconds later`,
        () => new Date(second).toUTCString(),
      )
    },
  }),
]

function judgeOwn(trial: Trial, response: ResponseHead | null): void {
  if (response === null || !isClientError(response.status)) {
    trial.judge.notApplicable(OWN, 'the server answers such a request with no 4xx')
    return
  }
  const { length } = valuesOf(response, 'date')
  const told = `${length} Date fields, with status ${response.status}`
  trial.check(OWN, length === 1, 'one Date field', () => told)
}

/** A server whose clock rests while it has nothing to do. */
export const dateAfterIdling: Property = processProperty({
  id: 'wire/rfc9110/date-advances/idle',
  law: 'the first response after a time without any connection has the Date of now',
  clauses: ['wire/rfc9110/date-approximates-now'],
  needs: ['http/1.1', 'process'],
  enough: 1,
  program: fc.constantFrom('/', '/first'),
  async run(launcher, path) {
    const clause = 'wire/rfc9110/date-approximates-now'
    const iut = await launcher.serve(clause, {})
    const trial = launcher.trial(iut)
    await setTimeout(IDLE)
    const before = Date.now()
    const told = await dateOf(trial, await trial.connect(), path)
    launcher.check(
      clause,
      told === null || told > before - BEHIND,
      `a Date of about ${new Date(before).toUTCString()}`,
      () => new Date(told ?? 0).toUTCString(),
    )
  },
})

/** Milliseconds without a connection, and how far a date may then be behind that is made once a second. */
const IDLE = 5_000
const BEHIND = 3_000

/** Milliseconds: more than a clock that ticks in seconds and a date made once a second can hide together. */
const LATER = 3_000

type Asking = () => Promise<number | null>

async function datesOver1(trial: Trial, path: string): Promise<Asking> {
  const channel = await trial.connect()
  return async () => (channel.wire.usable ? await dateOf(trial, channel, path) : null)
}

async function datesOver2(trial: Trial, path: string): Promise<Asking> {
  const client = await openHttp2(trial)
  return async () =>
    client.closed ? null : await dateIn((await serve(trial, client, h2.get(path))).exchange)
}

/** Null: a response without a readable Date, or none. */
async function dateOf(trial: Trial, channel: Channel, path: string): Promise<number | null> {
  const { served } = await trial.attempt(http.get(path), { channel })
  return served === null ? null : await dateIn(served)
}

async function dateIn(served: Exchange): Promise<number | null> {
  await served.respond({ status: 200, body: ['x'] })
  const response = await served.response()
  const sent = Date.parse((response === null ? [] : valuesOf(response, 'date'))[0] ?? '')
  return Number.isNaN(sent) ? null : sent
}

/** Milliseconds: far more than a clock that ticks in seconds, or a date that is made once a second, needs. */
const DATE_DRIFT = 10_000

const IMF_FIXDATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/
