import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { ASGIApplication, Send } from '../asgi/application.ts'
import type { SendEvent } from '../asgi/messages.ts'
import { withServer } from '../testing/with-server.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const START: SendEvent = {
  type: 'http.response.start',
  status: 200,
  headers: [[bytes('content-length'), bytes('5')]],
}
const BODY: SendEvent = { type: 'http.response.body', body: bytes('hello') }

/** What an application without types could send. */
function malformed(event: object): SendEvent {
  return JSON.parse('{}', () => event)
}

const header = (name: unknown, value: unknown): SendEvent =>
  malformed({ type: 'http.response.start', status: 200, headers: [[name, value]] })

/** asgi.rst, "Error Handling": events that `send()` must refuse before a response start. */
const REFUSED: readonly (readonly [string, SendEvent])[] = [
  ['an unknown type', malformed({ type: 'http.response.nothing' })],
  ['no type', malformed({})],
  ['a type of another protocol', malformed({ type: 'lifespan.startup.complete' })],
  ['a body before the start', BODY],
  ['no status', malformed({ type: 'http.response.start' })],
  ['a status that is text', malformed({ type: 'http.response.start', status: '200' })],
  ['a status that is a fraction', malformed({ type: 'http.response.start', status: 200.5 })],
  ['an interim status', malformed({ type: 'http.response.start', status: 101 })],
  ['headers that are no list', malformed({ type: 'http.response.start', status: 200, headers: 1 })],
  ['a header name of text', header('a', bytes('b'))],
  ['a header value of text', header(bytes('a'), 'b')],
  ['an empty header name', header(bytes(''), bytes('b'))],
  ['CR LF in a header name', header(bytes('a\r\nb'), bytes('c'))],
  ['CR LF in a header value', header(bytes('a'), bytes('b\r\nc: d'))],
  ['NUL in a header value', header(bytes('a'), bytes('b\0'))],
  ['a length that is no number', header(bytes('content-length'), bytes('5x'))],
]

async function raised(send: Send, event: SendEvent): Promise<string> {
  try {
    await send(event)
    return 'nothing'
  } catch (error) {
    return error instanceof Error ? error.name : 'something else'
  }
}

/** Runs the steps in an application, resolves with their outcomes and with what the client saw. */
async function run(
  steps: (send: Send, outcomes: string[]) => Promise<void>,
): Promise<{ outcomes: string[]; wire: string }> {
  const outcomes: string[] = []
  let wire = ''
  const app: ASGIApplication = (_scope, _receive, send) => steps(send, outcomes)
  await withServer(app, {}, async ({ exchange }) => {
    wire = await exchange(GET)
  })
  return { outcomes, wire }
}

describe('send() of an http scope', () => {
  for (const [what, event] of REFUSED) {
    it(`refuses ${what}, and the response can still be sent`, async () => {
      const { outcomes, wire } = await run(async (send, seen) => {
        seen.push(await raised(send, event))
        await send(START)
        await send(BODY)
      })
      assert.deepEqual(outcomes, ['InvalidEvent'])
      assert.match(wire, /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nhello$/s)
    })
  }

  it('refuses a second start', async () => {
    const { outcomes, wire } = await run(async (send, seen) => {
      await send(START)
      seen.push(await raised(send, START))
      await send(BODY)
    })
    assert.deepEqual(outcomes, ['InvalidEvent'])
    assert.equal(wire.match(/HTTP\/1\.1/g)?.length, 1)
  })

  it('puts no byte beyond the declared length on the wire', async () => {
    const { outcomes, wire } = await run(async (send, seen) => {
      await send(START)
      await send({ type: 'http.response.body', body: bytes('hel'), more_body: true })
      seen.push(await raised(send, { type: 'http.response.body', body: bytes('lo!') }))
      await send({ type: 'http.response.body', body: bytes('lo') })
    })
    assert.deepEqual(outcomes, ['InvalidEvent'])
    assert.match(wire, /\r\n\r\nhello$/)
  })

  it('refuses to end before the declared length, and the client sees the truncation', async () => {
    const { outcomes, wire } = await run(async (send, seen) => {
      await send(START)
      await send({ type: 'http.response.body', body: bytes('he'), more_body: true })
      seen.push(await raised(send, { type: 'http.response.body' }))
    })
    assert.deepEqual(outcomes, ['InvalidEvent'])
    assert.match(wire, /content-length: 5\r\n.*\r\n\r\nhe$/s)
  })

  it('ignores every message after the response is complete', async () => {
    const { outcomes, wire } = await run(async (send, seen) => {
      await send(START)
      await send(BODY)
      seen.push(await raised(send, BODY), await raised(send, malformed({ type: 'x' })))
    })
    assert.deepEqual(outcomes, ['nothing', 'nothing'])
    assert.match(wire, /\r\n\r\nhello$/)
  })

  it('takes additional keys, lowers header names and ignores transfer-encoding', async () => {
    const { wire } = await run(async (send) => {
      await send(
        malformed({
          type: 'http.response.start',
          status: 200,
          extra: 1,
          headers: [
            [bytes('X-A'), bytes('b')],
            [bytes('transfer-encoding'), bytes('gzip')],
          ],
        }),
      )
      await send(malformed({ type: 'http.response.body', body: bytes('hello'), extra: 1 }))
    })
    assert.match(wire, /\r\nx-a: b\r\n/)
    assert.equal(wire.match(/transfer-encoding/g)?.length, 1)
  })
})
