import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { binary } from '../../testers/exchange.ts'
import { type HttpRequest, http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import { type Property, processProperty } from '../property.ts'
import { SHORT_SECONDS, serveWith } from './serve-with.ts'
import {
  judgeStalledContent,
  judgeTold,
  judgeUnasked,
  judgeUnaskedStream,
  SLOW_MS,
} from './stalled-streams.ts'

const CLAUSE = 'config/timeout-body-read'

/** So many octets, so many milliseconds apart: longer than the time-out together, and shorter each. */
const OCTETS = 8
const APART_MS = 400

/** How long a server puts up with a client that does not go on with its content. */
export const stalledContent: Property = processProperty({
  id: CLAUSE,
  law: 'a client whose awaited content stops is dropped after the time-out, over HTTP/2 too; one whose content goes on, or is not asked for, is served',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'config/command-line', 'timeout/body-read'],
  enough: 2,
  program: fc.record({ chunked: fc.boolean() }),
  async run(launcher, { chunked }) {
    const trial = await serveWith(launcher, CLAUSE, { timeoutStall: SHORT_SECONDS })
    const content = 'o'.repeat(OCTETS)
    const request = chunked
      ? {
          ...http.post('/', ''),
          body: { framing: 'chunked' as const, chunks: content.split('') },
        }
      : http.post('/', content)
    const pieces = chunked
      ? content.split('').map((octet) => `1\r\n${octet}\r\n`)
      : content.split('')
    const stalled = await trial.openEarly(request)
    const going = await trial.openEarly(request)
    // A server that waits for the content before it calls the application has nothing to be awaited.
    if (stalled.exchange === null || going.exchange === null) return
    stalled.exchange.misused = true
    stalled.exchange.sent = binary(content)
    going.exchange.sent = binary(content)
    const told = stalled.exchange.readBody(CLAUSE)
    const read = going.exchange.readBody(CLAUSE)
    // All are asked for below, when the pieces are out.
    told.catch(() => undefined)
    read.catch(() => undefined)
    stalled.channel.wire.write(binary(pieces[0] ?? ''))
    const stream = launcher.target.has('http/2/prior-knowledge')
      ? Promise.all([
          judgeStalledContent(trial, CLAUSE, 'begun'),
          judgeStalledContent(trial, CLAUSE, ''),
          judgeUnaskedStream(trial, CLAUSE),
        ])
      : Promise.resolve()
    stream.catch(() => undefined)
    const unasked = awaitedByNobody(trial, request, pieces)
    const invited = invitedInVain(trial)
    for (const beside of [unasked, invited]) beside.catch(() => undefined)
    let longest = 0
    for (const piece of pieces) {
      const before = performance.now()
      await pause(APART_MS)
      longest = Math.max(longest, performance.now() - before)
      if (going.channel.wire.usable) going.channel.wire.write(binary(piece))
    }
    // The end by itself is awaited as well, and ends the time.
    await trial.iut.settle()
    if (chunked && going.channel.wire.usable) going.channel.wire.write(binary('0\r\n\r\n'))
    going.exchange.requestComplete = true
    await trial.iut.within(stalled.channel.wire.closed, CLAUSE, 'a close after the time-out')
    await judgeTold(trial, CLAUSE, stalled.exchange, told, 'the stalled one')
    await stream
    await unasked
    await invited
    const whole = await read
    // A pause of our own was longer than what the server is asked to bear.
    if (longest > 1.5 * APART_MS) return
    trial.check(
      CLAUSE,
      whole.ended === 'complete',
      `content that comes every ${APART_MS} ms read to its end`,
      () => `${whole.ended} after ${show(whole.body)}`,
    )
    if (whole.ended !== 'complete') return
    // The time-out is one of the content: an application may take longer, and listen for a client that leaves.
    const listening = going.exchange.app.receive()
    listening.catch(() => undefined)
    await pause(1000 * SHORT_SECONDS + SLOW_MS)
    await going.exchange.respond({ status: 204 })
    const response = await going.exchange.response(CLAUSE)
    const answered = response?.status === 204
    trial.check(CLAUSE, answered, 'a response behind a content that is whole', () => 'a close')
  },
})

/** The time runs while a receive() waits, and does not run on when it has got some content. */
async function awaitedByNobody(
  trial: Trial,
  request: HttpRequest,
  [first = '', ...rest]: readonly string[],
): Promise<void> {
  const { channel, exchange } = await trial.openEarly(request)
  if (exchange === null) return
  const { wire } = channel
  exchange.sent = binary('o'.repeat(OCTETS))
  wire.write(binary(first))
  await judgeUnasked(trial, CLAUSE, exchange, () => {
    const end = request.body.framing === 'chunked' ? '0\r\n\r\n' : ''
    if (wire.usable) wire.write(binary(`${rest.join('')}${end}`))
  })
}

/** A client that waited to be invited is awaited from then on. */
async function invitedInVain(trial: Trial): Promise<void> {
  const request = http.post('/invited', 'never sent', [['Expect', '100-continue']])
  const { channel, exchange } = await trial.openEarly(request)
  if (exchange === null) return
  exchange.misused = true
  const told = exchange.readBody(CLAUSE)
  told.catch(() => undefined)
  await trial.iut.within(channel.wire.closed, CLAUSE, 'a close behind 100 (Continue)')
  await judgeTold(trial, CLAUSE, exchange, told, 'one that was invited in vain')
}
