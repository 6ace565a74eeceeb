import fc from 'fast-check'
import { word } from '../../arbitraries/http.ts'
import { binary, bodyMessage, startMessage } from '../../testers/exchange.ts'
import { type Message, show } from '../../testers/values.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { misuse, RAISED, wireSafe } from './wire-safe.ts'

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

/** Invalid also where the response has begun. */
const ANYWHERE: readonly Invalid[] = ['unknown type', 'no type', 'body as text']

const BEFORE_START: readonly Invalid[] = [
  'unknown type',
  'no type',
  'no status',
  'status as text',
  'header name as text',
  'header value as text',
]

type Pair = [name: Buffer | string, value: Buffer | string]

/** `ahead`: so many headers stand before it with which nothing is wrong. */
function startWith(ahead: number, name: Pair[0], value: Pair[1]): Message {
  const sound = Array.from({ length: ahead }, (_, i): Pair => [binary(`x-${i}`), binary('v')])
  return { type: 'http.response.start', status: 200, headers: [...sound, [name, value]] }
}

function invalidMessage(kind: Invalid, text: string, ahead: number): Message {
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
      return startWith(ahead, `x-${text}`, binary('v'))
    case 'header value as text':
      return startWith(ahead, binary('x-name'), text)
    case 'body as text':
      return { type: 'http.response.body', body: text, more_body: true }
  }
}

/** Headers before the one that is wrong; none of them makes it right. */
const ahead = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(40))

/** What stands before the octet that is wrong: a word, or more than fits into a small buffer. */
const lengthy = fc.oneof(
  { weight: 3, arbitrary: word },
  fc.tuple(word, fc.nat(400)).map(([text, times]) => text.repeat(times + 1)),
)

const SHORT = 'http/send/short-body-closed'

export const sendMisuse: readonly Property[] = [
  exchangeProperty({
    id: 'asgi/error/invalid-event-raises',
    law: 'an invalid event dictionary raises an exception out of send()',
    clauses: ['asgi/error/invalid-event-raises'],
    program: fc.oneof(
      fc.record({
        stage: fc.constant('before the start' as const),
        kind: fc.constantFrom<Invalid>(...BEFORE_START),
        text: word,
        ahead,
        http2: fc.boolean(),
      }),
      fc.record({
        stage: fc.constantFrom('behind the start' as const, 'in the content' as const),
        kind: fc.constantFrom<Invalid>(...ANYWHERE),
        text: word,
        ahead: fc.constant(0),
        http2: fc.boolean(),
      }),
    ),
    async run(trial, { stage, kind, text, ahead: before, http2 }) {
      const exchange = await misuse(trial, http2)
      if (stage !== 'before the start') await exchange.send(startMessage({ status: 200 }))
      if (stage === 'in the content') await exchange.send(bodyMessage('begun', true))
      const message = invalidMessage(kind, text, before)
      const sent = await exchange.send(message)
      // The server may have noticed only when it had to write: then the next message must fail.
      const outcome =
        sent.raised === null && kind !== 'body as text'
          ? await exchange.send(bodyMessage('', false))
          : sent
      trial.check(
        'asgi/error/invalid-event-raises',
        outcome.raised !== null,
        `an exception for ${kind} ${stage}`,
        () => `${show(message)} was accepted`,
      )
      await exchange.app.return()
    },
  }),
  wireSafe(
    'http/send/split-header-value',
    'no line break in a header value makes another header line',
    ['wire/rfc9112/field-syntax'],
    fc.record({
      before: lengthy,
      breaker: fc.constantFrom('\r\n', '\n', '\r', '\r\n\r\n', '\0'),
      ahead,
    }),
    ({ before, breaker, ahead: others }) => [
      startWith(others, binary('x-name'), binary(`${before}${breaker}x-injected: yes`)),
      bodyMessage('', false),
    ],
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
    clauses: ['wire/rfc9112/content-length-agrees', SHORT],
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
      const response = await exchange.response(raised === null ? SHORT : RAISED)
      // What is left open is never answered: then the wait above has failed.
      if (raised === null) trial.check(SHORT, true, '', () => '')
      else trial.judge.notApplicable(SHORT, 'send() refuses a body that is too short')
      trial.check(
        'wire/rfc9112/content-length-agrees',
        // A server that has not sent the head yet may give the length that it turned out to be.
        response === null ||
          !response.complete ||
          response.status >= 500 ||
          response.body.length === content.length,
        `an error response, or one that is visibly incomplete or of ${content.length} bytes`,
        () => `a complete response of ${response?.body.length} bytes`,
      )
    },
  }),
]

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
    fc.record({ before: lengthy, character: fc.constantFrom(...characters), ahead }),
    ({ before, character, ahead: others }) => [
      startWith(others, binary(`x-${before}${character}x-injected`), binary('yes')),
      bodyMessage('', false),
    ],
  )
}
