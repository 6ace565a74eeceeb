import { setTimeout as sleep } from 'node:timers/promises'
import type { ASGIApplication, Receive, Send } from '../../reference-server/asgi/application.ts'
import type { HttpResponseBody, HttpResponseStart } from '../../reference-server/asgi/messages.ts'

/** The TypeScript twin of `load_app.py`: the same routes, the same bytes (docs/load.md). */
type Answer = readonly [HttpResponseStart, HttpResponseBody]

const MOST_BYTES = 64 * 1024 * 1024
const LONGEST_DELAY_MS = 60_000
const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1')

function response(status: number, body: Uint8Array): Answer {
  const headers = [
    [latin1('content-type'), latin1('application/octet-stream')],
    [latin1('content-length'), latin1(String(body.length))],
  ] as const
  return [
    { type: 'http.response.start', status, headers },
    { type: 'http.response.body', body },
  ]
}

const HELLO = response(200, latin1('Hello, world!'))
const NOT_FOUND = response(404, latin1('no such route'))
const BAD_NUMBER = response(400, latin1('not a number in range'))

function number(text: string, most: number): number | null {
  if (!/^[0-9]{1,9}$/.test(text) || Number(text) > most) return null
  return Number(text)
}

/** Null when the client went away before its body was complete. */
async function readBody(receive: Receive): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = []
  for (;;) {
    const event = await receive()
    if (event.type !== 'http.request') return null
    parts.push(event.body)
    if (!event.more_body) return Buffer.concat(parts)
  }
}

async function route(path: string, receive: Receive): Promise<Answer | null> {
  if (path === '/hello') return HELLO
  if (path === '/echo') {
    const body = await readBody(receive)
    return body === null ? null : response(200, body)
  }
  if (path.startsWith('/bytes/')) {
    const size = number(path.slice(7), MOST_BYTES)
    return size === null ? BAD_NUMBER : response(200, Buffer.alloc(size, 'x'))
  }
  if (path.startsWith('/delay/')) {
    const milliseconds = number(path.slice(7), LONGEST_DELAY_MS)
    if (milliseconds === null) return BAD_NUMBER
    await sleep(milliseconds)
    return HELLO
  }
  return NOT_FOUND
}

async function lifespan(receive: Receive, send: Send): Promise<void> {
  for (;;) {
    const event = await receive()
    if (event.type === 'lifespan.startup') await send({ type: 'lifespan.startup.complete' })
    if (event.type === 'lifespan.shutdown') {
      await send({ type: 'lifespan.shutdown.complete' })
      return
    }
  }
}

export const app: ASGIApplication = async (scope, receive, send) => {
  if (scope.type === 'lifespan') return lifespan(receive, send)
  if (scope.type !== 'http') throw new TypeError('the load application serves http and lifespan')
  for (const event of (await route(scope.path, receive)) ?? []) await send(event)
}
