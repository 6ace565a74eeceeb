import type { ASGIApplication, Receive, Send } from '../reference-server/asgi/application.ts'
import type { Header } from '../reference-server/asgi/messages.ts'
import type { HttpScope } from '../reference-server/asgi/scope.ts'

const encoder = new TextEncoder()
const CONTENT_TYPE = encoder.encode('content-type')
const CONTENT_LENGTH = 'content-length'
const OCTETS = encoder.encode('application/octet-stream')

/** Sends back what it receives: request bodies piece by piece, WebSocket messages as they were. */
export const app: ASGIApplication = async (scope, receive, send) => {
  switch (scope.type) {
    case 'http':
      return echoBody(scope, receive, send)
    case 'websocket':
      return echoMessages(receive, send)
    case 'lifespan':
      throw new Error('This application has no lifespan.')
  }
}

/** With the length that the request declared, if it did. */
async function echoBody(scope: HttpScope, receive: Receive, send: Send): Promise<void> {
  const headers: Header[] = [[CONTENT_TYPE, OCTETS]]
  for (const header of scope.headers) {
    if (Buffer.from(header[0]).toString('latin1') === CONTENT_LENGTH) headers.push(header)
  }
  await send({ type: 'http.response.start', status: 200, headers })
  while (true) {
    const event = await receive()
    if (event.type !== 'http.request') return
    await send({ type: 'http.response.body', body: event.body, more_body: event.more_body })
    if (!event.more_body) return
  }
}

async function echoMessages(receive: Receive, send: Send): Promise<void> {
  while (true) {
    const event = await receive()
    if (event.type === 'websocket.connect') {
      await send({ type: 'websocket.accept' })
    } else if (event.type === 'websocket.receive') {
      await send({ type: 'websocket.send', bytes: event.bytes, text: event.text })
    } else return
  }
}
