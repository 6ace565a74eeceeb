import fc from 'fast-check'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import { type Message, Odd, show } from '../../testers/values.ts'
import { offers } from '../extension/announced.ts'
import { fileOf } from '../extension/files.ts'
import { judgeNext } from '../http/send-trailers.ts'
import { openEither } from '../http2/either-version.ts'
import { exchangeProperty, type Property } from '../property.ts'

const CLAUSE = 'config/file-in-turn'
const PATH_SEND = 'http.response.pathsend'
const ZERO_COPY_SEND = 'http.response.zerocopysend'

/** Several times what is read of a file at once. */
const FILE = 'f'.repeat(300_000)

/** For servers that promise it: elsewhere nothing is said of the order of what is sent at once. */
export const fileInTurn: Property = exchangeProperty({
  id: CLAUSE,
  law: 'what an application sends beside a file comes behind it, and nothing of the file behind the response',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'documented/file-in-turn'],
  enough: 24,
  program: fc.record({
    type: fc.constantFrom<typeof PATH_SEND | typeof ZERO_COPY_SEND>(PATH_SEND, ZERO_COPY_SEND),
    /** Before the one that ends the response, where the file does not. */
    pieces: fc.nat(2),
    http2: fc.boolean(),
  }),
  async run(trial, { type, pieces, http2 }) {
    const exchange = await openEither(trial, http2)
    if (!offers(exchange.scope, type)) {
      trial.judge.notApplicable(CLAUSE, `the scope does not offer ${type}`)
      return
    }
    // The invariants know messages one after the other.
    exchange.misused = true
    await exchange.send(startMessage({ status: 200 }))
    const path = await fileOf(FILE)
    // It is open from then on: the next send() is called at once.
    if (type === ZERO_COPY_SEND) await exchange.send(partOf(path, 1))
    const more = Array.from({ length: pieces }, (_, index) => String(index))
    const messages = [
      type === ZERO_COPY_SEND ? partOf(path, FILE.length) : { type, path },
      ...more.map((content) => bodyMessage(content, true)),
      bodyMessage('end', false),
    ]
    const sending = messages.map((message) => exchange.app.sendBeside(message))
    for (const sent of sending) {
      const { raised } = await trial.iut.within(sent, CLAUSE, 'the return of each send()')
      trial.check(CLAUSE, raised === null, 'send() returns', () => show(raised?.text))
    }
    await exchange.app.return()
    const response = await exchange.response(CLAUSE)
    const content = response?.body.toString('latin1') ?? ''
    const expected = type === ZERO_COPY_SEND ? `f${FILE}${more.join('')}end` : FILE
    trial.check(CLAUSE, content === expected, told(expected), () => told(content))
    if (!http2) await judgeNext(trial, exchange.channel, CLAUSE)
  },
})

function partOf(path: string, count: number): Message {
  const file = new Odd('file', [path, 0, true])
  return { type: ZERO_COPY_SEND, file, offset: 0, count, more_body: true }
}

/** The content with its runs of `f` as their lengths. */
function told(content: string): string {
  return show(content.replaceAll(/f{2,}/g, (run) => `<${run.length} times f>`))
}
