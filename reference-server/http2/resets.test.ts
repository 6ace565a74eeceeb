import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { ASGIApplication } from '../asgi/application.ts'
import type { ServeOptions } from '../server/serve.ts'
import { DATA, fieldBlock, frameOf, HEADERS, PREFACE, RST_STREAM } from '../testing/http2-frames.ts'
import { type Bench, gate, withServer } from '../testing/with-server.ts'

const END_STREAM = 1
const END_HEADERS = 4

const GET = { ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'a.test' }
const POST = { ...GET, ':method': 'POST' }
const TUNNEL = { ':method': 'CONNECT', ':authority': 'a.test:80' }
const HANDSHAKE = {
  ...GET,
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  'sec-websocket-version': '13',
}
const MANY = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`x${index}`, 'v']))

/** A request that its client takes back in the segment that it comes in. */
interface TakenBack {
  readonly fields: Readonly<Record<string, string>>
  readonly content: string | null
}

const takenBack = ({ fields, content }: TakenBack, stream: number, code: number): string =>
  [
    frameOf(HEADERS, END_HEADERS, stream, fieldBlock(fields)),
    content === null ? '' : frameOf(DATA, 0, stream, content),
    frameOf(RST_STREAM, 0, stream, `\0\0\0${String.fromCharCode(code)}`),
  ].join('')

/** What the server itself has to answer for. */
const failing: ASGIApplication = async () => {
  throw new Error('planted')
}

const denying: ASGIApplication = async (scope, _receive, send) => {
  if (scope.type !== 'websocket') throw new Error('planted')
  await send({ type: 'websocket.close', code: 1000, reason: '' })
}

const listening: ASGIApplication = async (_scope, receive) => {
  await receive()
  await receive()
}

/** The request behind the one that is taken back is answered, and so is one on another connection. */
async function servesOn(
  { connect }: Bench,
  request: TakenBack,
  code: number,
  before = '',
): Promise<void> {
  const client = await connect()
  client.send(`${PREFACE}${before}${takenBack(request, 3, code)}`)
  client.send(frameOf(HEADERS, END_HEADERS | END_STREAM, 5, fieldBlock(GET)))
  await client.until('\0\0\0\x05')
  const other = await connect()
  other.send(`${PREFACE}${frameOf(HEADERS, END_HEADERS | END_STREAM, 1, fieldBlock(GET))}`)
  await other.until('\x01\x05\0\0\0\x01')
}

const CASES: readonly (readonly [string, TakenBack, ASGIApplication, ServeOptions])[] = [
  ['a tunnel', { fields: TUNNEL, content: null }, failing, {}],
  ['more fields than the limit', { fields: { ...GET, ...MANY }, content: null }, failing, {}],
  [
    'a handshake of another version',
    { fields: { ...HANDSHAKE, 'sec-websocket-version': '12' }, content: null },
    failing,
    {},
  ],
  ['a handshake', { fields: HANDSHAKE, content: null }, failing, {}],
  ['a handshake with bytes behind it', { fields: HANDSHAKE, content: 'a' }, failing, {}],
  ['a handshake that is denied', { fields: HANDSHAKE, content: 'a' }, denying, {}],
  ['a request', { fields: GET, content: null }, failing, {}],
  ['a request with content', { fields: POST, content: 'a' }, failing, {}],
  ['content beyond the limit', { fields: POST, content: 'hello' }, failing, { limitBody: 4 }],
]

describe('a stream of HTTP/2 that is reset in the segment of its request', () => {
  for (const [what, request, application, options] of CASES) {
    for (const [reason, code] of [
      ['CANCEL', 8],
      ['NO_ERROR', 0],
    ] as const) {
      it(`ends neither connection nor server: ${what}, ${reason}`, async () => {
        await withServer(application, { limitHeaderCount: 8, ...options }, (bench) =>
          servesOn(bench, request, code),
        )
      })
    }
  }

  it('ends neither where there are too many requests already', async () => {
    const released = gate<null>()
    const waiting: ASGIApplication = async () => {
      await released.passed
    }
    const unhandled: unknown[] = []
    const note = (error: unknown): void => {
      unhandled.push(error)
    }
    process.on('unhandledRejection', note)
    await withServer(waiting, { limitConcurrency: 1 }, async (bench) => {
      const first = frameOf(HEADERS, END_HEADERS | END_STREAM, 1, fieldBlock(GET))
      for (const code of [8, 0]) {
        await servesOn(bench, { fields: POST, content: 'a' }, code, first)
      }
      released.pass(null)
    })
    process.off('unhandledRejection', note)
    assert.deepEqual(unhandled, [])
  })

  it('shows the application that awaits its content a disconnect, and no error of the server', async () => {
    const told = gate<string>()
    const raised = gate<unknown>()
    const receiving: ASGIApplication = async (_scope, receive, send) => {
      for (let event = await receive(); ; event = await receive()) {
        if (event.type === 'http.request') continue
        told.pass(event.type)
        break
      }
      await send({ type: 'http.response.start', status: 200 }).catch(raised.pass)
    }
    await withServer(receiving, {}, async ({ connect }) => {
      const client = await connect()
      const fields = { ...POST, expect: '100-continue' }
      client.send(`${PREFACE}${takenBack({ fields, content: 'a' }, 1, 0)}`)
      assert.equal(await told.passed, 'http.disconnect')
      const error = await raised.passed
      assert.ok(error instanceof Error)
      assert.equal(error.name, 'ClientDisconnected')
    })
  })

  it('lets an application that accepts its handshake know by an OSError', async () => {
    const raised = gate<unknown>()
    const accepting: ASGIApplication = async (_scope, _receive, send) => {
      await send({ type: 'websocket.accept' }).catch(raised.pass)
    }
    await withServer(accepting, {}, async ({ connect }) => {
      const client = await connect()
      client.send(`${PREFACE}${takenBack({ fields: HANDSHAKE, content: 'a' }, 1, 0)}`)
      const error = await raised.passed
      assert.ok(error instanceof Error)
      assert.equal(error.name, 'ClientDisconnected')
    })
  })

  it('counts neither as open nor as in progress, although nobody has read its content', async () => {
    await withServer(listening, { timeoutKeepAlive: 0.2 }, async ({ connect }) => {
      const client = await connect()
      client.send(`${PREFACE}${takenBack({ fields: HANDSHAKE, content: 'a' }, 1, 0)}`)
      await client.untilEnd()
    })
  })
})
