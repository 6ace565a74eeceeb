import type { ASGIApplication } from '../reference-server/asgi/application.ts'

const encoder = new TextEncoder()
const body = encoder.encode('Hello, world!')
const headers = [
  [encoder.encode('content-type'), encoder.encode('text/plain')],
  [encoder.encode('content-length'), encoder.encode(String(body.length))],
] as const

/** The smallest useful application: 13 bytes for every request. */
export const app: ASGIApplication = async (scope, _receive, send) => {
  if (scope.type !== 'http') throw new Error(`This application does not speak ${scope.type}.`)
  await send({ type: 'http.response.start', status: 200, headers })
  await send({ type: 'http.response.body', body })
}
