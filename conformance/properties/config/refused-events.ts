import fc from 'fast-check'
import { bodyMessage, type Exchange, startMessage } from '../../testers/exchange.ts'
import type { Trial } from '../../testers/trial.ts'
import { type Message, show } from '../../testers/values.ts'
import type { WebSocketExchange } from '../../websocket/exchange.ts'
import { offers } from '../extension/announced.ts'
import { fileOf } from '../extension/files.ts'
import { openEither } from '../http2/either-version.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { handshaking } from './web-socket-choices.ts'

const REFUSED = 'config/refused-event-harmless'
const CONTENT = 'right'

type Events = Readonly<Record<string, Message>>

/** Events that no response takes. */
const WRONG_OF_RESPONSE: Events = {
  'unknown type': { type: 'http.response.nonsense' },
  'status of two digits': { type: 'http.response.start', status: 99 },
  'header value that is no bytes': {
    type: 'http.response.start',
    status: 200,
    headers: [['x', 1]],
  },
  'body that is no bytes': { type: 'http.response.body', body: 'text' },
}

/** Events that no response over HTTP/2 takes: what carries it has its own rules, and refuses late. */
const WRONG_OVER_HTTP2: Events = {
  'status beyond 599': { type: 'http.response.start', status: 600 },
}

/** Events that no response takes which has begun, and has declared the length of its content. */
const WRONG_OF_DECLARED: Events = {
  'a second start': startMessage({ status: 500 }),
  'more than was declared': bodyMessage(`${CONTENT} and more`, true),
  'much more, and the last': bodyMessage('x'.repeat(100_000), false),
  'the last, and less than was declared': bodyMessage('r', false),
}

/** Longer than what is read of a file at once, by far. */
const FILE_BYTES = 200_000
const PATH_SEND = 'http.response.pathsend'

/** Events that no WebSocket takes. */
const WRONG_OF_SOCKET: Events = {
  'unknown type': { type: 'websocket.nonsense' },
  'subprotocol never offered': { type: 'websocket.accept', subprotocol: 'never' },
  'header value that is no bytes': { type: 'websocket.accept', headers: [['x', 1]] },
  'text and bytes': { type: 'websocket.send', text: 'one', bytes: Buffer.from('two') },
  'neither of them': { type: 'websocket.send', text: null },
  'code that is never sent': { type: 'websocket.close', code: 1005 },
  'reason of too many bytes': { type: 'websocket.close', code: 3000, reason: 'é'.repeat(100) },
}

const nameOf = (events: Events): fc.Arbitrary<string> => fc.constantFrom(...Object.keys(events))

/** For servers that promise it. */
export const refusedEvents: readonly Property[] = [
  exchangeProperty({
    id: REFUSED,
    law: 'an event that send() refuses changes nothing: the application can go on with the right one',
    clauses: [REFUSED],
    needs: ['http/1.1', 'documented/refused-event-harmless'],
    program: fc.oneof(
      fc.record({
        of: fc.constant('a response' as const),
        wrong: nameOf(WRONG_OF_RESPONSE),
        started: fc.boolean(),
        http2: fc.boolean(),
      }),
      fc.record({
        of: fc.constant('a response' as const),
        wrong: nameOf(WRONG_OVER_HTTP2),
        started: fc.constant(false),
        http2: fc.constant(true),
      }),
      fc.record({
        of: fc.constant('a declared length' as const),
        wrong: nameOf(WRONG_OF_DECLARED),
        /** Bytes of the content that have left before; with one more, it is not whole yet. */
        sent: fc.nat(CONTENT.length - 2),
        http2: fc.boolean(),
      }),
      fc.record({
        of: fc.constant('a file' as const),
        /** How many bytes it has beyond the declared length. */
        surplus: fc.constantFrom(-FILE_BYTES / 2, -1, 1, FILE_BYTES),
        http2: fc.boolean(),
      }),
      fc.record({
        of: fc.constant('a WebSocket' as const),
        wrong: nameOf(WRONG_OF_SOCKET),
        open: fc.boolean(),
        http2: fc.boolean(),
      }),
    ),
    async run(trial, program) {
      switch (program.of) {
        case 'a response':
          return await judgeResponse(trial, program)
        case 'a declared length':
          return await judgeDeclared(trial, program)
        case 'a file':
          return await judgeFile(trial, program)
        case 'a WebSocket':
          return await judgeWebSocket(trial, program)
      }
    },
  }),
]

interface Wrong {
  readonly wrong: string
  readonly http2: boolean
}

async function judgeResponse(
  trial: Trial,
  { wrong, started, http2 }: Wrong & { readonly started: boolean },
): Promise<void> {
  const exchange = await openEither(trial, http2)
  exchange.misused = true
  const events = { ...WRONG_OF_RESPONSE, ...WRONG_OVER_HTTP2 }
  const refuse = (): Promise<void> => expectRefusal(trial, exchange, events[wrong])
  if (!started) await refuse()
  await exchange.send(startMessage({ status: 201 }))
  if (started) await refuse()
  await judgeContent(trial, exchange, bodyMessage(CONTENT, false))
}

async function judgeDeclared(
  trial: Trial,
  { wrong, sent, http2 }: Wrong & { readonly sent: number },
): Promise<void> {
  const exchange = await openEither(trial, http2)
  exchange.misused = true
  const headers = [['content-length', String(CONTENT.length)] as const]
  await exchange.send(startMessage({ status: 201, headers }))
  if (sent > 0) await exchange.send(bodyMessage(CONTENT.slice(0, sent), true))
  await expectRefusal(trial, exchange, WRONG_OF_DECLARED[wrong])
  await judgeContent(trial, exchange, bodyMessage(CONTENT.slice(sent), false))
}

/** Nothing may have left of a file of another length than was declared. */
async function judgeFile(
  trial: Trial,
  { surplus, http2 }: { readonly surplus: number; readonly http2: boolean },
): Promise<void> {
  const exchange = await openEither(trial, http2)
  if (!offers(exchange.scope, PATH_SEND))
    return trial.judge.notApplicable(REFUSED, 'the scope does not offer path sends')
  exchange.misused = true
  const headers = [['content-length', String(FILE_BYTES)] as const]
  await exchange.send(startMessage({ status: 201, headers }))
  const path = await fileOf('w'.repeat(FILE_BYTES + surplus))
  await expectRefusal(trial, exchange, { type: PATH_SEND, path })
  const right = 'r'.repeat(FILE_BYTES)
  await judgeContent(trial, exchange, bodyMessage(right, false), right)
}

/** The application goes on with the last of its content, and ends. */
async function judgeContent(
  trial: Trial,
  exchange: Exchange,
  last: Message,
  content: string = CONTENT,
): Promise<void> {
  const { raised } = await exchange.send(last)
  trial.check(REFUSED, raised === null, 'the right event accepted', () => show(raised?.text))
  await exchange.app.return()
  const response = await exchange.response(REFUSED)
  trial.check(
    REFUSED,
    response?.status === 201 && response.body.toString() === content,
    `status 201 with ${show(content)}`,
    () => `${response?.status} ${show(response?.body)}`,
  )
}

async function judgeWebSocket(
  trial: Trial,
  { wrong, open, http2 }: Wrong & { readonly open: boolean },
): Promise<void> {
  const exchange = await handshaking(trial, http2)
  if (exchange === null) return
  exchange.misused = true
  const message = WRONG_OF_SOCKET[wrong]
  // Before the accept nobody reads the code of a close, nor its reason.
  const refused = open || message?.['type'] !== 'websocket.close'
  if (refused && !open) await expectRefusal(trial, exchange, message)
  await exchange.accept()
  if (open) await expectRefusal(trial, exchange, message)
  await exchange.send({ type: 'websocket.send', text: CONTENT })
  await exchange.close(REFUSED, { code: 3001, reason: 'done' })
  const { close, messages } = exchange.peer.reader
  const heard = messages.map(({ content }) => content.toString())
  trial.check(
    REFUSED,
    close?.code === 3001 && close.reason === 'done' && heard.join() === CONTENT,
    'the message, and a Close with 3001',
    () => `${show(heard)} and ${close === null ? 'no Close' : `a Close with ${close.code}`}`,
  )
}

async function expectRefusal(
  trial: Trial,
  exchange: Exchange | WebSocketExchange,
  message: Message = {},
): Promise<void> {
  const { raised } = await exchange.send(message)
  trial.check(REFUSED, raised !== null, 'send() raises', () => 'it returned')
}
