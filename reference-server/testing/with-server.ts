import type { ASGIApplication } from '../asgi/application.ts'
import { type RunningServer, type ServeOptions, serve } from '../server/serve.ts'
import { RawClient } from './raw-client.ts'

export interface Bench {
  readonly server: RunningServer
  readonly log: string[]
  readonly connect: () => Promise<RawClient>
  /** Sends the request on a connection of its own and resolves with all that comes back. */
  readonly exchange: (request: string) => Promise<string>
}

/** Runs a real server on a free port for the length of `body`. */
export async function withServer(
  application: ASGIApplication,
  options: ServeOptions,
  body: (bench: Bench) => Promise<void>,
): Promise<void> {
  const log: string[] = []
  const keep = (message: string): void => {
    log.push(message)
  }
  const server = await serve(application, {
    port: 0,
    lifespan: 'off',
    log: { debug: keep, info: keep, warn: keep, error: keep, access: () => {} },
    ...options,
  })
  const clients: RawClient[] = []
  const connect = async (): Promise<RawClient> => {
    const client = await RawClient.connect(portOf(server))
    clients.push(client)
    return client
  }
  const exchange = async (request: string): Promise<string> => {
    const client = await connect()
    client.send(request)
    return client.untilEnd()
  }
  try {
    await body({ server, log, connect, exchange })
  } finally {
    for (const client of clients) client.socket.destroy()
    const closed = server.close()
    // Nor are applications waited for that never end.
    server.abort()
    await closed
  }
}

export function portOf({ address }: RunningServer): number {
  return address.kind === 'tcp' ? address.port : 0
}

/** A promise with its key, for tests that wait for an event inside an application. */
export interface Gate<Value> {
  readonly passed: Promise<Value>
  readonly pass: (value: Value) => void
}

export function gate<Value>(): Gate<Value> {
  let pass: (value: Value) => void = ignore
  const passed = new Promise<Value>((resolve) => {
    pass = resolve
  })
  return { passed, pass }
}

function ignore(): void {}
