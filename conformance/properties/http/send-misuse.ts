import type { Arbitrary } from 'fast-check'
import fc from 'fast-check'
import { word } from '../../arbitraries/http.ts'
import { binary, bodyMessage, type Exchange, startMessage } from '../../testers/exchange.ts'
import { Silence } from '../../testers/patience.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { type Message, show } from '../../testers/values.ts'
import { exchangeProperty, type Property } from '../property.ts'

/**
 * asgi.rst, "Error Handling": an event dictionary with an unknown type, without a key that its type
 * needs, or with the wrong Python types. Each kind is data, so that the stored program can be read.
 */
type Invalid =
  | 'unknown type'
  | 'no type'
  | 'no status'
  | 'status as text'
  | 'header name as text'
  | 'header value as text'
  | 'body as text'

const BEFORE_START: readonly Invalid[] = [
  'unknown type',
  'no type',
  'no status',
  'status as text',
  'header name as text',
  'header value as text',
]

function startWith(name: Buffer | string, value: Buffer | string): Message {
  return { type: 'http.response.start', status: 200, headers: [[name, value]] }
}

function invalidMessage(kind: Invalid, text: string): Message {
  switch (kind) {
    case 'unknown type':
      return { type: `http.response.${text}`, status: 200 }
    case 'no type':
      return { status: 200, headers: [] }
    case 'no status':
      return { type: 'http.response.start', headers: [] }
    case 'status as text':
      return { type: 'http.response.start', status: text, headers: [] }
    case 'header name as text':
      return startWith(`x-${text}`, binary('v'))
    case 'header value as text':
      return startWith(binary('x-name'), text)
    case 'body as text':
      return { type: 'http.response.body', body: text, more_body: true }
  }
}

const RAISED = 'asgi/error/app-exception-terminates'
const COMPLETE = 'http/send/closed-when-complete'

export const sendMisuse: readonly Property[] = [
  exchangeProperty({
    id: 'asgi/error/invalid-event-raises',
    law: 'an invalid event dictionary raises an exception out of send()',
    clauses: ['asgi/error/invalid-event-raises'],
    program: fc.record({
      kind: fc.constantFrom<Invalid>(...BEFORE_START, 'body as text'),
      text: word,
    }),
    async run(trial, { kind, text }) {
      const exchange = await misuse(trial)
      if (kind === 'body as text') await exchange.send(startMessage({ status: 200 }))
      const sent = await exchange.send(invalidMessage(kind, text))
      // The server may have noticed only when it had to write: then the next message must fail.
      const outcome =
        sent.raised === null && kind !== 'body as text'
          ? await exchange.send(bodyMessage('', false))
          : sent
      trial.check(
        'asgi/error/invalid-event-raises',
        outcome.raised !== null,
        `an exception for ${kind}`,
        () => `${show(invalidMessage(kind, text))} was accepted`,
      )
      await exchange.app.return()
    },
  }),
  wireSafe(
    'http/send/split-header-value',
    'no line break in a header value makes another header line',
    ['wire/rfc9112/field-syntax'],
    fc.record({
      before: word,
      breaker: fc.constantFrom('\r\n', '\n', '\r', '\r\n\r\n', '\0'),
    }),
    ({ before, breaker }) => {
      const evil = `${before}${breaker}x-injected: yes`
      return [startMessage({ status: 200, headers: [['x-name', evil]] }), bodyMessage('', false)]
    },
  ),
  unsendableName(
    'http/send/split-header-name',
    'a header name that would break the line apart stays off the wire',
    'wire/rfc9110/field-name-sent',
    ['\r\n', '\n', '\r', '\0', ' ', '\t', '\x7f'],
  ),
  unsendableName(
    'http/send/header-name-delimiters',
    'a header name with a delimiter in it stays off the wire',
    'wire/rfc9110/field-name-delimiters',
    ['[', ']', '\\', '"', '(', ')', ',', '/', ';', '<', '=', '>', '?', '@', '{', '}'],
  ),
  wireSafe(
    'http/send/body-before-start',
    'a body without a start puts no malformed response on the wire',
    ['wire/rfc9112/message-framing'],
    fc.record({ content: word, more: fc.boolean() }),
    ({ content, more }) => [bodyMessage(content, more)],
  ),
  wireSafe(
    'http/send/start-twice',
    'a second start puts no second head on the wire',
    ['wire/rfc9112/message-framing'],
    fc.record({ content: word, between: fc.boolean() }),
    ({ content, between }) => [
      startMessage({ status: 200, headers: [] }),
      ...(between ? [bodyMessage(content, true)] : []),
      startMessage({ status: 201, headers: [] }),
      bodyMessage(content, false),
    ],
  ),
  wireSafe(
    'http/send/over-long-body',
    'content beyond the announced Content-Length stays off the wire',
    ['wire/rfc9112/content-length-agrees'],
    fc.record({
      announced: fc.nat(8),
      surplus: fc.integer({ min: 1, max: 20 }),
      parts: fc.integer({ min: 1, max: 3 }),
    }),
    ({ announced, surplus, parts }) => {
      const content = 'x'.repeat(announced + surplus)
      const size = Math.ceil(content.length / parts)
      const cut = Array.from({ length: parts }, (_, i) => content.slice(i * size, (i + 1) * size))
      return [
        startMessage({ status: 200, headers: [['content-length', String(announced)]] }),
        ...cut.map((part, i) => bodyMessage(part, i < parts - 1)),
      ]
    },
  ),
  exchangeProperty({
    id: 'http/send/under-long-body',
    law: 'a response shorter than its Content-Length is never left open: the client sees it was cut',
    clauses: ['wire/rfc9112/content-length-agrees', COMPLETE],
    program: fc.record({ announced: fc.integer({ min: 1, max: 40 }), share: fc.nat(999) }),
    async run(trial, { announced, share }) {
      const exchange = await misuse(trial)
      const content = 'x'.repeat(Math.floor((announced * share) / 1000))
      await exchange.send(
        startMessage({ status: 200, headers: [['content-length', String(announced)]] }),
      )
      const { raised } = await exchange.send(bodyMessage(content, false))
      if (raised === null) await exchange.app.return()
      else await exchange.app.reraise()
      const response = await exchange.response(raised === null ? COMPLETE : RAISED)
      trial.check(
        'wire/rfc9112/content-length-agrees',
        response === null || !response.complete || response.status >= 500,
        'a response that is visibly incomplete, or an error response',
        () => `a complete response of ${response?.body.length} bytes`,
      )
    },
  }),
]

/** Messages that no correct application sends: whatever the server makes of them, the wire stays sound. */
function wireSafe<Program>(
  id: string,
  law: string,
  clauses: readonly string[],
  program: Arbitrary<Program>,
  messages: (program: Program) => readonly Message[],
): Property {
  return exchangeProperty<Program>({
    id,
    law,
    clauses,
    program,
    async run(trial, value) {
      const exchange = await misuse(trial)
      exchange.answersFor = clauses[0] ?? null
      let raised = false
      for (const message of messages(value)) {
        raised = (await exchange.send(message)).raised !== null
        if (raised) break
      }
      if (raised) await exchange.app.reraise()
      else await exchange.app.return()
      const { wire } = exchange.channel
      await answered(trial, exchange, {
        raised,
        started: startsResponse(messages(value)),
        clause: clauses[0] ?? id,
      })
      await trial.iut.cameWithinQuiet(wire.activity())
      judgeSoundness(trial, exchange, clauses[0] ?? id)
    },
  })
}

interface Misused {
  readonly raised: boolean
  readonly started: boolean
  readonly clause: string
}

/**
 * Silence leaves the wire sound, and breaks other clauses: an application that failed is owed its end, and a
 * response that was accepted whole is owed to the client. Only one that has begun and never ends is not sound.
 */
async function answered(trial: Trial, exchange: Exchange, misused: Misused): Promise<void> {
  const { wire } = exchange.channel
  const begun = (): boolean => wire.events.some(({ direction }) => direction === 'in')
  if (misused.raised) await exchange.response(RAISED)
  else if (misused.started)
    await exchange.response(COMPLETE).catch((error: unknown) => {
      if (!(error instanceof Silence && begun())) throw error
      throw new Silence(misused.clause, error.awaited, error.waitedMs, error.doubt)
    })
  else if (begun() || (await trial.iut.cameWithinQuiet(wire.activity(), PERIODS)))
    await exchange.response(misused.clause)
}

/** Quiet periods in which a server has answered for an application that returned without a response. */
const PERIODS = 20

function startsResponse([first]: readonly Message[]): boolean {
  return first?.['type'] === 'http.response.start'
}

/** RFC 9110 §5.6.2: neither controls and white space nor delimiters stand in a token. */
function unsendableName(
  id: string,
  law: string,
  clause: string,
  characters: readonly string[],
): Property {
  return wireSafe(
    id,
    law,
    [clause],
    fc.record({ before: word, character: fc.constantFrom(...characters) }),
    ({ before, character }) => [
      startMessage({ status: 200, headers: [[`x-${before}${character}x-injected`, 'yes']] }),
      bodyMessage('', false),
    ],
  )
}

function judgeSoundness(trial: Trial, exchange: Exchange, clause: string): void {
  const { wire } = exchange.channel
  const names = exchange.answered?.headers.map(([name]) => name) ?? []
  const injected = names.find((name) => name.toLowerCase().endsWith('x-injected'))
  trial.check(
    clause,
    injected === undefined,
    'no header that the application did not name, or must not',
    () => JSON.stringify(injected),
  )
  trial.check(clause, wire.reader.surplus.length === 0, 'no bytes beyond the response', () =>
    show(wire.reader.surplus),
  )
}

async function misuse(trial: Trial): Promise<Exchange> {
  const exchange = await trial.open(http.get('/'), { fresh: true })
  exchange.misused = true
  return exchange
}
