import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type NetConnectOpts } from 'node:net'
import { InfrastructureError } from '../../evidence/errors.ts'

/**
 * Below the range from which systems take the ports of outgoing connections (Linux: from 32768),
 * so that a client of ours never sits on the port between its choice and the server's bind.
 */
const FIRST = 16_000
const LAST = 32_000
const ATTEMPTS = 64

/** Each port is handed out once: two servers that start side by side must not be given the same. */
let next = randomInt(FIRST, LAST)

/** A port of `host` on which nobody listens now. */
export async function freePort(host: string): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = next
    next = port + 1 < LAST ? port + 1 : FIRST
    if (await isFree(host, port)) return port
  }
  throw new InfrastructureError({
    code: 'launch/no-free-port',
    input: host,
    rule: `None of ${ATTEMPTS} ports between ${FIRST} and ${LAST} could be bound.`,
    cure: 'Check that the address belongs to this machine and is allowed to listen.',
  })
}

/** @throws InfrastructureError `launch/port-busy` when somebody listens on the port. */
export async function requireFree(host: string, port: number): Promise<void> {
  if (!(await isFree(host, port))) throw portBusy(host, port)
}

export function portBusy(host: string, port: number): InfrastructureError {
  return new InfrastructureError({
    code: 'launch/port-busy',
    input: `${host}:${port}`,
    rule: 'Another process already listens on this port.',
    cure: 'Stop it, or leave the port open so that a free one is taken.',
  })
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}

/** Whether a connection is accepted now. */
export function accepts(host: string, port: number): Promise<boolean> {
  return answers({ host, port })
}

/** The same of a unix socket. */
export function acceptsAt(path: string): Promise<boolean> {
  return answers({ path })
}

function answers(address: NetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
}
