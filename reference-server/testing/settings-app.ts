import type { ASGIApplication, Receive, Send } from '../asgi/application.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8')

/** For tests of settings: answers with what the scope says, in JSON. */
export const app: ASGIApplication = async (scope, receive, send) => {
  switch (scope.type) {
    case 'lifespan':
      await receive()
      process.stdout.write('fixture: startup\n')
      await send({ type: 'lifespan.startup.complete' })
      await receive()
      await send({ type: 'lifespan.shutdown.complete' })
      return
    case 'websocket':
      await send({ type: 'websocket.accept' })
      if (scope.path === '/idle') await new Promise(() => {})
      await echo(receive, send)
      return
    case 'http': {
      if (scope.path === '/raise') throw new Error('planted')
      if (scope.path === '/hold') {
        process.stdout.write('fixture: hold\n')
        await new Promise(() => {})
      }
      if (scope.path === '/body') await receive()
      if (scope.path === '/flood') await flood(send)
      if (scope.path === '/watch') while ((await receive()).type !== 'http.disconnect');
      const { root_path, path, scheme, client, server } = scope
      const { pid } = process
      await respond(send, JSON.stringify({ pid, root_path, path, scheme, client, server }))
    }
  }
}

/** Has no lifespan. */
export const plain: ASGIApplication = async (scope, _receive, send) => {
  if (scope.type !== 'http') throw new Error(`no ${scope.type} here`)
  await respond(send, 'plain')
}

export function factory(): ASGIApplication {
  return plain
}

async function respond(send: Send, text: string): Promise<void> {
  const body = bytes(text)
  const headers = [[bytes('content-length'), bytes(String(body.length))]] as const
  await send({ type: 'http.response.start', status: 200, headers })
  await send({ type: 'http.response.body', body })
}

/** A response without end. */
async function flood(send: Send): Promise<void> {
  await send({ type: 'http.response.start', status: 200 })
  while (true) {
    await send({ type: 'http.response.body', body: new Uint8Array(65_536), more_body: true })
  }
}

async function echo(receive: Receive, send: Send): Promise<void> {
  while (true) {
    const event = await receive()
    if (event.type === 'websocket.receive') {
      await send({ type: 'websocket.send', bytes: event.bytes, text: event.text })
    } else if (event.type === 'websocket.disconnect') return
  }
}
