import { AsyncLocalStorage } from 'node:async_hooks'
import { readdirSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'

/**
 * The upper tester for the reference server: the same control protocol as probe.py, so that the suite
 * cannot tell which language answers. See probe.py for the meaning of each command.
 */
type Call = (message?: unknown) => Promise<unknown>

interface Command {
  readonly op: string
  readonly code?: number
  readonly n: number
  readonly scope: number
  readonly call?: number
  readonly message?: unknown
  readonly class?: string
  readonly text?: string
  readonly key?: string
  /** The key of the object inside the state that is written to. */
  readonly holder?: string
  readonly value?: unknown
  /** Of a send: the application ends with it. */
  readonly last?: boolean
  /** Of a send: the commands after it do not wait for it. */
  readonly beside?: boolean
  /** Its exception escapes inside a group. */
  readonly grouped?: boolean
}

const LARGE = 1024
const journey = new AsyncLocalStorage<number>()

function encode(value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isInteger(value) ? value : { $f: String(value) }
  if (typeof value === 'bigint') return { $i: value.toString() }
  if (value instanceof Uint8Array) return encodeBytes(value)
  if (Array.isArray(value)) return value.map(encode)
  if (typeof value === 'object' && isPlain(value)) return encodeObject(value)
  if (typeof value === 'object') return { $o: [value.constructor.name, 'an instance of a class'] }
  return { $o: [typeof value, 'a function or symbol'] }
}

/** What a dict of Python is. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function encodeBytes(bytes: Uint8Array): unknown {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.length > LARGE
    ? { $B: buffer.toString('base64') }
    : { $b: buffer.toString('latin1') }
}

function encodeObject(value: object): unknown {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  const symbols = Object.getOwnPropertySymbols(value).map((key) => [encode(key), null])
  if (symbols.length > 0 || entries.some(([key]) => key.startsWith('$'))) {
    return { $d: [...entries.map(([key, item]) => [key, encode(item)]), ...symbols] }
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, encode(item)]))
}

/** A file that has yet to be opened, and read up to a position. */
class FileAt {
  readonly path: string
  readonly position: number
  /** One file for all that name it, until the application call ends. */
  readonly kept: boolean
  constructor(path: string, position: number, kept: boolean) {
    this.path = path
    this.position = position
    this.kept = kept
  }

  async open(): Promise<FileHandle> {
    const file = await open(this.path)
    if (this.position > 0) await file.read(Buffer.alloc(this.position), 0, this.position, null)
    return file
  }
}

class CancelledError extends Error {
  override readonly name = 'CancelledError'
}

/** Stands for Python's object(): of no type that a message may hold. */
class Opaque {
  readonly opaque = true
}

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  const first = entries[0]
  if (entries.length === 1 && first?.[0].startsWith('$')) return decodeTagged(first[0], first[1])
  return Object.fromEntries(entries.map(([key, item]) => [key, decode(item)]))
}

/** A JavaScript counterpart for each Python value that JSON lacks: bytearray is bytes of another type. */
function decodeTagged(tag: string, body: unknown): unknown {
  switch (tag) {
    case '$b':
      return Buffer.from(String(body), 'latin1')
    case '$B':
      return Buffer.from(String(body), 'base64')
    case '$i':
      return BigInt(String(body))
    case '$f':
      return Number(body)
    case '$t':
      return Array.isArray(body) ? body.map(decode) : []
    case '$g':
      return Array.isArray(body) ? iterate(body[1]) : []
    case '$a':
    case '$v':
      return new Uint8ClampedArray(Buffer.from(String(body), 'latin1'))
    case '$F':
      return fileAt(body)
    default:
      return new Opaque()
  }
}

function fileAt(body: unknown): FileAt {
  const [path, position, kept] = Array.isArray(body) ? body : []
  return new FileAt(String(path), Number(position), kept === true)
}

function* iterate(items: unknown): Generator {
  if (Array.isArray(items)) for (const item of items) yield decode(item)
}

/** Class names of an error, most special first; the ASGI error of a lost client derives from OSError. */
function describe(error: unknown): { chain: string[]; text: string } {
  if (!(error instanceof Error)) return { chain: [typeof error], text: String(error) }
  const chain: string[] = []
  for (
    let type: unknown = error.constructor;
    typeof type === 'function' && type.name !== '';
    type = Object.getPrototypeOf(type)
  ) {
    chain.push(type.name)
  }
  return { chain, text: error.message }
}

const ASCII = /^[\0-\x7f]*$/
const BEYOND_ASCII = /[\u0080-\uffff]/g

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

class Line {
  readonly #socket: Socket
  readonly #sessions: Map<number, Session> = new Map()
  /** A line that has begun, in pieces: it may be megabytes long. */
  #begun: string[] = []
  #outbox = ''
  #count = 0
  lost = false

  constructor(socket: Socket, token: string) {
    this.#socket = socket
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => this.#hear(text))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.lost = true
      for (const session of this.#sessions.values())
        session.command({ op: 'return', n: 0, scope: 0 })
    })
    this.tell({
      hello: token,
      pid: process.pid,
      runtime: `Node.js ${process.versions.node}`,
      loop: 'libuv',
    })
  }

  /** What is told in one turn of the event loop leaves in one write. */
  tell(event: unknown): void {
    if (this.#outbox === '') setImmediate(() => this.flush())
    const text = JSON.stringify(event)
    this.#outbox += `${ASCII.test(text) ? text : text.replaceAll(BEYOND_ASCII, escaped)}\n`
  }

  flush(): void {
    const text = this.#outbox
    this.#outbox = ''
    if (text !== '' && !this.lost) this.#socket.write(text, 'latin1')
  }

  async serve(scope: object, receive: Call, send: Call): Promise<void> {
    this.#count += 1
    const number = this.#count
    const session = new Session(this, number, scope, receive, send)
    this.#sessions.set(number, session)
    try {
      await session.run()
    } finally {
      this.#sessions.delete(number)
    }
  }

  #hear(text: string): void {
    const [end = '', ...others] = text.split('\n')
    this.#begun.push(end)
    if (others.length === 0) return
    const lines = [this.#begun.join(''), ...others]
    this.#begun = [lines.pop() ?? '']
    for (const line of lines) {
      const command: Command = JSON.parse(line)
      if (command.op === 'ping') this.tell({ pong: command.n })
      else if (command.op === 'count') this.tell({ pong: command.n, ...holdings() })
      else if (this.#sessions.has(command.scope))
        this.#sessions.get(command.scope)?.command(command)
      else this.tell({ answer: command.n, scope: command.scope, gone: true })
    }
  }
}

/** A Node.js process has no tasks to count. */
function holdings(): { tasks: number; fds: number } {
  let fds = -1
  try {
    fds = readdirSync('/proc/self/fd').length
  } catch {
    // no /proc: the suite reads -1 as "cannot tell"
  }
  return { tasks: 0, fds }
}

class Session {
  readonly #line: Line
  readonly #number: number
  readonly #scope: object
  readonly #receive: Call
  readonly #send: Call
  readonly #commands: Command[] = []
  #wake: (() => void) | null = null
  #lastReceive: Promise<void> = Promise.resolve()
  #kept: Promise<unknown> | null = null
  #interrupt: (() => void) | null = null
  readonly #files: Map<string, FileHandle> = new Map()
  #lastError: unknown = new Error('no call has failed yet')

  constructor(line: Line, number: number, scope: object, receive: Call, send: Call) {
    this.#line = line
    this.#number = number
    this.#scope = scope
    this.#receive = receive
    this.#send = send
  }

  command(command: Command): void {
    if (command.op === 'receive') {
      this.#lastReceive = this.#lastReceive.then(async () => {
        await this.#call(command, () => this.#nextEvent())
      })
      return
    }
    if (command.op === 'cancel') {
      this.#answer(command, { value: this.#interrupt !== null })
      this.#interrupt?.()
      return
    }
    this.#commands.push(command)
    this.#wake?.()
  }

  async run(): Promise<void> {
    const before = journey.getStore() ?? null
    journey.enterWith(this.#number)
    this.#line.tell({ scope: this.#number, value: encode(this.#scope), journey: before })
    let end = 'returned'
    try {
      while (await this.#step(await this.#next())) {
        // until a command ends the call
      }
    } catch (error) {
      end = 'raised'
      throw error
    } finally {
      for (const file of this.#files.values()) void file.close().catch(() => undefined)
      this.#line.tell({ end, scope: this.#number })
      // At once: what the application throws may end the process.
      this.#line.flush()
    }
  }

  /** A promise cannot be cancelled: what a cancelled receive() comes to is kept for the next one. */
  async #nextEvent(): Promise<unknown> {
    const event = this.#kept ?? this.#receive()
    this.#kept = null
    try {
      return await new Promise((resolve, reject) => {
        this.#interrupt = (): void => {
          this.#kept = event
          reject(new CancelledError())
        }
        event.then(resolve, reject)
      })
    } finally {
      this.#interrupt = null
    }
  }

  async #next(): Promise<Command> {
    for (;;) {
      const command = this.#commands.shift()
      if (command !== undefined) return command
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async #step(command: Command): Promise<boolean> {
    switch (command.op) {
      case 'send':
        if (command.beside === true) {
          void this.#call(command, () => this.#sendDecoded(decode(command.message)))
          return true
        }
        if (await this.#call(command, () => this.#sendDecoded(decode(command.message))))
          return command.last !== true
        if (command.last === true)
          throw command.grouped === true ? new AggregateError([this.#lastError]) : this.#lastError
        return true
      case 'exit':
        process.exit(command.code)
        break
      case 'return':
        this.#answer(command, { value: null })
        return false
      case 'raise':
        this.#answer(command, { value: null })
        throw Object.assign(new Error(command.text), { name: command.class })
      case 'reraise':
        this.#answer(command, { value: null })
        throw this.#lastError
      case 'state':
        this.#setState(command)
        this.#answer(command, { value: null })
        return true
      default:
        this.#answer(command, { value: encode(this.#scope) })
        return true
    }
  }

  /** extensions.rst: a file is the application's to open and to close. */
  async #sendDecoded(message: unknown): Promise<unknown> {
    const file =
      typeof message === 'object' && message !== null && 'file' in message && message.file
    if (!(file instanceof FileAt)) return await this.#send(message)
    const handle = (file.kept ? this.#files.get(file.path) : undefined) ?? (await file.open())
    if (file.kept) this.#files.set(file.path, handle)
    try {
      return await this.#send(Object.assign({}, message, { file: handle }))
    } finally {
      if (!file.kept) await handle.close()
    }
  }

  #setState({ holder, key, value }: Command): void {
    const state: unknown = 'state' in this.#scope ? this.#scope.state : null
    const target: unknown =
      holder === undefined ? state : new Map(Object.entries(Object(state))).get(holder)
    if (typeof target === 'object' && target !== null)
      Object.assign(target, { [String(key)]: decode(value) })
  }

  /** Makes one call and answers for it; false when it raised. */
  async #call(command: Command, call: () => Promise<unknown>): Promise<boolean> {
    try {
      this.#answer(command, { value: encode(await call()) })
      return true
    } catch (error) {
      this.#lastError = error
      this.#answer(command, { error: describe(error) })
      return false
    }
  }

  #answer(command: Command, outcome: object): void {
    this.#line.tell({ ...outcome, answer: command.n, scope: this.#number })
    // What ends the lifespan may end the process in the same turn.
    if ('type' in this.#scope && this.#scope.type === 'lifespan') this.#line.flush()
  }
}

let opening: Promise<Line> | null = null

async function controlLine(): Promise<Line> {
  const line = await (opening ??= openLine())
  if (!line.lost) return line
  opening = openLine()
  return await opening
}

async function openLine(): Promise<Line> {
  const address = process.env['ASSAY_CONTROL'] ?? ''
  const [kind, host = '', port = '', token = ''] = address.split(':')
  if (kind !== 'tcp') throw new Error(`ASSAY_CONTROL must be tcp:HOST:PORT:TOKEN, not "${address}"`)
  const socket = connect({ host, port: Number(port), noDelay: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return new Line(socket, token)
}

/** The application: `probe.js:app`. */
export async function app(scope: object, receive: Call, send: Call): Promise<void> {
  const line = await controlLine()
  await line.serve(scope, receive, send)
}
