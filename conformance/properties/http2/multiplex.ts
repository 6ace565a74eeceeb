import fc, { type Arbitrary } from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import type { Http2Client } from '../../http2/client.ts'
import { type Asked, ask, awaitScope, type Http2Exchange, openHttp2 } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import type { Property } from '../property.ts'
import { http2Property } from './property.ts'

/** One of the requests that share a connection. */
interface Share {
  readonly path: string
  readonly content: readonly string[]
  readonly answer: readonly string[]
}

interface Interleaving {
  readonly shares: readonly Share[]
  /** Whose turn it is, again and again; what is left over goes in the order of the streams. */
  readonly turns: readonly number[]
  /** The application of this one fails before any answer: which is nothing to the others. Null: none does. */
  readonly fails: number | null
}

const piece = fc.string({ minLength: 1, maxLength: 12, unit: 'binary-ascii' })

const interleaving: Arbitrary<Interleaving> = fc.record({
  shares: fc.array(
    fc.record({
      path: arbitrary.word.map((word) => `/${word}`),
      content: fc.array(piece, { maxLength: 3 }),
      answer: fc.array(piece, { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 2, maxLength: 4 },
  ),
  turns: fc.array(fc.nat(3), { maxLength: 12 }),
  fails: fc.option(fc.nat(3), { nil: null, freq: 3 }),
})

/** www.rst, "HTTP": what shares one connection of HTTP/2, and what does not. */
export const multiplex: Property = http2Property({
  id: 'http/send/multiplexed-to-its-stream',
  law: 'streams that interleave on one connection have scopes, contents and responses of their own',
  clauses: [
    'http/scope/different-per-stream',
    'http/send/multiplexed-to-its-stream',
    'http/receive/body-concatenation',
    'http/send/body-concatenated',
  ],
  program: interleaving,
  async run(trial, { shares, turns, fails }) {
    const client = await openHttp2(trial)
    const asked = shares.map(({ path, content }) => ask(trial, client, h2.post(path, content)))
    await takeTurns(
      turns,
      asked.map((one) => contentSteps(client, one)),
    )
    const exchanges: Http2Exchange[] = []
    for (const one of asked) exchanges.push(await awaitScope(trial, client, one))
    judgeScopes(trial, exchanges, shares)
    for (const { exchange } of exchanges) await exchange.readBody()
    const failing = fails === null ? undefined : exchanges[fails % exchanges.length]
    if (failing !== undefined) {
      failing.exchange.misused = true
      await failing.exchange.app.raise('RuntimeError')
    }
    await takeTurns(
      turns,
      exchanges.map((one, index) =>
        one === failing ? [] : answerSteps(one, index, shares[index]?.answer ?? []),
      ),
    )
    for (const [index, one] of exchanges.entries()) {
      // What becomes of it is judged by other laws.
      if (one === failing) continue
      const { exchange } = one
      const response = await exchange.response('http/send/multiplexed-to-its-stream')
      const expected = (shares[index]?.answer ?? []).join('')
      const own = response?.headers.find(([name]) => name === 'x-turn')?.[1] === String(index)
      trial.check(
        'http/send/multiplexed-to-its-stream',
        own && response?.body.toString('latin1') === expected,
        `response ${index} with ${show(Buffer.from(expected, 'latin1'))} on its own stream`,
        () => show(response?.body),
      )
    }
  },
})

/** Distinct by what the request said, and by the object: a change to one shows in no other. */
function judgeScopes(
  trial: Trial,
  exchanges: readonly Http2Exchange[],
  shares: readonly Share[],
): void {
  const numbers = new Set(exchanges.map(({ exchange }) => exchange.app.number))
  const paths = exchanges.map(({ exchange }) => exchange.scope['path'])
  const expected = shares.map(({ path }) => path)
  trial.check(
    'http/scope/different-per-stream',
    numbers.size === shares.length && JSON.stringify(paths) === JSON.stringify(expected),
    `scopes of their own, with the paths ${JSON.stringify(expected)}`,
    () => `${numbers.size} calls, with the paths ${JSON.stringify(paths)}`,
  )
}

type Step = () => Promise<unknown>

function contentSteps(client: Http2Client, { request, stream }: Asked): Step[] {
  const { content } = request
  return content.map((text, index) => async () => {
    const last = index === content.length - 1
    return await client.sendContent(stream, Buffer.from(text, 'latin1'), last)
  })
}

function answerSteps(
  { exchange }: Http2Exchange,
  index: number,
  answer: readonly string[],
): Step[] {
  const start = startMessage({ status: 200, headers: [['x-turn', String(index)]] })
  return [
    () => exchange.send(start),
    ...answer.map((text, at) => () => exchange.send(bodyMessage(text, at < answer.length - 1))),
    () => exchange.app.return(),
  ]
}

/** One step of whoever's turn it is; then the rest. */
async function takeTurns(turns: readonly number[], lines: readonly Step[][]): Promise<void> {
  for (const turn of turns) await lines[turn % lines.length]?.shift()?.()
  for (const line of lines) for (const step of line) await step()
}
