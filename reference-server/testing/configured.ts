import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { kebab, SETTINGS, type Settings, variableOf } from '../config/settings.ts'
import { RawClient } from './raw-client.ts'
import { ServeProcess } from './serve-process.ts'

export const APP: string = resolve(import.meta.dirname, 'settings-app.js')

export type Source = 'command line' | 'environment' | 'file'

export const SOURCES: readonly Source[] = ['command line', 'environment', 'file']

/** What a test of one setting can do with the server that has it. */
export interface Configured {
  readonly server: ServeProcess
  /** Empty folder of this server. */
  readonly folder: string
  readonly port: () => Promise<number>
  readonly connect: () => Promise<RawClient>
  /** Sends a GET on a connection of its own and resolves with all that comes back. */
  readonly get: (path?: string, fields?: string) => Promise<string>
}

/** A listening socket that only its heir should accept from. */
export interface Inherited {
  readonly descriptor: number
  close(): void
}

/** On a free port, or on a unix socket of that path. */
export async function listeningSocket(path: string | null = null): Promise<Inherited> {
  const socket = path === null ? createServer().listen(0, '127.0.0.1') : createServer().listen(path)
  await once(socket, 'listening')
  const handle: unknown = Reflect.get(socket, '_handle')
  const descriptor = typeof handle === 'object' && handle !== null && 'fd' in handle && handle.fd
  if (typeof descriptor !== 'number') throw new Error('This Node.js hides its descriptors.')
  return { descriptor, close: () => socket.close() }
}

/** Starts a server whose settings all come from the one source. */
export async function withSettings(
  source: Source,
  given: Partial<Settings>,
  inherited: Inherited | null,
  use: (configured: Configured) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-settings-'))
  const settings: Partial<Settings> = { app: `${APP}:app`, port: 0, ...given }
  const { args, environment } = written(source, settings, folder)
  const launch = inherited === null ? {} : { inherited: inherited.descriptor }
  const server = new ServeProcess(args, environment, launch)
  inherited?.close()
  const clients: RawClient[] = []
  const port = async (): Promise<number> => Number(new URL(await server.url()).port)
  const connect = async (): Promise<RawClient> => {
    const client = await RawClient.connect(await port())
    clients.push(client)
    return client
  }
  const get = async (path = '/', fields = ''): Promise<string> => {
    const client = await connect()
    client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`)
    return await client.untilEnd()
  }
  try {
    await use({ server, folder, port, connect, get })
  } finally {
    for (const client of clients) client.socket.destroy()
    await server.kill()
    rmSync(folder, { recursive: true })
  }
}

interface Written {
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

function written(source: Source, settings: Partial<Settings>, folder: string): Written {
  switch (source) {
    case 'command line':
      return { args: optionsOf(settings), environment: {} }
    case 'environment':
      return { args: [], environment: variablesOf(settings) }
    case 'file': {
      const file = join(folder, 'server.json')
      writeFileSync(file, JSON.stringify({ serve: settings }))
      return { args: ['--config', file], environment: {} }
    }
  }
}

function namesOf(settings: Partial<Settings>): (keyof Settings)[] {
  return Object.keys(settings).filter((name): name is keyof Settings => name in SETTINGS)
}

function optionsOf(settings: Partial<Settings>): string[] {
  return namesOf(settings).flatMap((name) => {
    const value = settings[name]
    if (name === 'app') return [String(value)]
    if (typeof value === 'boolean') return [value ? `--${kebab(name)}` : `--no-${kebab(name)}`]
    const values = Array.isArray(value) ? value : [value]
    return values.map((one) => `--${kebab(name)}=${String(one)}`)
  })
}

function variablesOf(settings: Partial<Settings>): Record<string, string> {
  return Object.fromEntries(
    namesOf(settings).map((name) => {
      const value = settings[name]
      const separator = SETTINGS[name].kind === 'lines' ? '\n' : ','
      return [variableOf(name), Array.isArray(value) ? value.join(separator) : String(value)]
    }),
  )
}

/** A port of the loopback interface that nobody listened on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
