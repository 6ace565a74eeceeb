import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, it } from 'mocha'
import type { ReceiveEvent, SendEvent } from '../../reference-server/asgi/messages.ts'
import type { HttpScope } from '../../reference-server/asgi/scope.ts'
import { LOAD_APPLICATION } from '../application.ts'
import { app } from './load-app.ts'

/** [method, path, parts of the body] */
const REQUESTS: readonly (readonly [string, string, readonly string[]])[] = [
  ['GET', '/hello', ['']],
  ['GET', '/bytes/0', ['']],
  ['GET', '/bytes/20480', ['']],
  ['GET', '/bytes/-1', ['']],
  ['GET', '/bytes/999999999', ['']],
  ['GET', '/delay/3', ['']],
  ['GET', '/delay/x', ['']],
  ['POST', '/echo', ['ab', '', 'c\u00ff']],
  ['GET', '/nowhere', ['']],
]

/** Events with bytes as hexadecimal text. */
type Answer = readonly (readonly [status: number, headers: string, body: string])[]

/** The same driver as `typescriptAnswers`, for the Python application. */
const PYTHON_DRIVER = `
import asyncio, json, sys
from load_app import app

async def answer(method, path, parts):
    queue = [{"type": "http.request", "body": part.encode("latin-1"), "more_body": i + 1 < len(parts)}
             for i, part in enumerate(parts)]
    sent = []
    async def receive(): return queue.pop(0)
    async def send(event): sent.append(event)
    await app({"type": "http", "method": method, "path": path}, receive, send)
    start, body = sent
    headers = ",".join(name.decode() + "=" + value.decode() for name, value in start["headers"])
    return [start["status"], headers, body["body"].hex()]

async def lifespan():
    queue = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = []
    async def receive(): return queue.pop(0)
    async def send(event): sent.append(event["type"])
    await app({"type": "lifespan", "state": {}}, receive, send)
    return sent

async def main():
    answers = [await answer(*request) for request in json.loads(sys.argv[1])]
    print(json.dumps({"answers": answers, "lifespan": await lifespan()}))

asyncio.run(main())
`

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

function scope(method: string, path: string): HttpScope {
  return {
    type: 'http',
    asgi: { version: '3.0', spec_version: '2.5' },
    http_version: '1.1',
    method,
    scheme: 'http',
    path,
    raw_path: Buffer.from(path),
    query_string: Buffer.alloc(0),
    root_path: '',
    headers: [],
    client: null,
    server: null,
    extensions: {},
  }
}

async function events(
  ofScope: Parameters<typeof app>[0],
  queue: ReceiveEvent[],
): Promise<readonly SendEvent[]> {
  const sent: SendEvent[] = []
  const receive = async (): Promise<ReceiveEvent> => {
    const event = queue.shift()
    assert.ok(event, 'the application waits for more than there is')
    return event
  }
  await app(ofScope, receive, async (event) => void sent.push(event))
  return sent
}

async function typescriptAnswer(
  method: string,
  path: string,
  parts: readonly string[],
): Promise<Answer[number]> {
  const queue = parts.map(
    (part, index): ReceiveEvent => ({
      type: 'http.request',
      body: Buffer.from(part, 'latin1'),
      more_body: index + 1 < parts.length,
    }),
  )
  const [start, body] = await events(scope(method, path), queue)
  assert.ok(start?.type === 'http.response.start' && body?.type === 'http.response.body')
  const headers = (start.headers ?? []).map(([name, value]) => `${latin1(name)}=${latin1(value)}`)
  return [start.status, headers.join(','), hex(body.body ?? Buffer.alloc(0))]
}

describe('the load application', () => {
  it('answers /hello with 13 bytes and says how many', async () => {
    const [status, headers, body] = await typescriptAnswer('GET', '/hello', [''])
    assert.deepEqual([status, body.length / 2], [200, 13])
    assert.match(headers, /content-length=13/)
  })

  it('gives the same bytes in Python as in TypeScript', async function () {
    this.timeout(20_000)
    const answers: Answer[number][] = []
    for (const request of REQUESTS) answers.push(await typescriptAnswer(...request))
    const lifespan = await events(
      { type: 'lifespan', asgi: { version: '3.0', spec_version: '2.0' }, state: {} },
      [{ type: 'lifespan.startup' }, { type: 'lifespan.shutdown' }],
    )
    const python = await inPython(JSON.stringify(REQUESTS))
    if (python === null) {
      assert.notEqual(process.env['CI'], 'true', 'there is no python3')
      console.log('      skipped: there is no python3')
      return this.skip()
    }
    assert.deepEqual(JSON.parse(python), { answers, lifespan: lifespan.map(({ type }) => type) })
  })
})

/** Null when there is no Python. */
async function inPython(requests: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('python3', ['-B', '-c', PYTHON_DRIVER, requests], {
      env: { ...process.env, PYTHONPATH: LOAD_APPLICATION.python.directory },
    })
    return stdout
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
