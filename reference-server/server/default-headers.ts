import { UsageError } from '../../evidence/errors.ts'
import { InvalidEvent } from '../asgi/errors.ts'
import type { Header, Headers } from '../asgi/messages.ts'
import type { Settings } from '../config/settings.ts'
import { isName, type OwnFields, readHeaders } from '../http/response-events.ts'
import { HANDSHAKE_FIELDS } from '../websocket/send-events.ts'
import type { Clock } from './clock.ts'

interface DefaultHeader {
  readonly header: Header
  readonly line: Uint8Array
  readonly lower: string
}

/** The fields that the server adds: the configured ones, and Date and Server, unless the application sent them. */
export class DefaultHeaders {
  readonly #clock: Clock
  readonly #sendDate: boolean
  readonly #serverLine: Uint8Array | null
  readonly #configured: readonly DefaultHeader[]
  /** All lines as one, as long as the date stays the same. */
  #usual: readonly Uint8Array[]
  #dateLine: Uint8Array | null

  constructor(settings: Pick<Settings, 'dateHeader' | 'serverHeader' | 'header'>, clock: Clock) {
    this.#clock = clock
    this.#configured = settings.header.map(parse)
    // Neither field may stand twice (RFC 9110 §5.3): what was configured takes the place of the server's own.
    const isConfigured = (name: string): boolean =>
      this.#configured.some(({ lower }) => lower === name)
    this.#sendDate = settings.dateHeader && !isConfigured('date')
    const sendServer = settings.serverHeader && !isConfigured('server')
    this.#serverLine = sendServer ? Buffer.from('server: assay\r\n') : null
    this.#usual = []
    this.#dateLine = null
  }

  /** As lines of HTTP/1.1, for a response with such fields of its own. */
  lines(start: OwnFields): readonly Uint8Array[] {
    if (start.hasDate || start.hasServer || this.#configured.length > 0) {
      return this.#linesFor(start)
    }
    if (this.#dateLine !== this.#clock.dateLine) {
      this.#dateLine = this.#clock.dateLine
      this.#usual = [Buffer.concat(this.#linesFor(start))]
    }
    return this.#usual
  }

  #linesFor(start: OwnFields): Uint8Array[] {
    const lines: Uint8Array[] = []
    if (this.#sendDate && !start.hasDate) lines.push(this.#clock.dateLine)
    if (this.#serverLine !== null && !start.hasServer) lines.push(this.#serverLine)
    for (const { line, lower } of this.#configured) if (!has(start, lower)) lines.push(line)
    return lines
  }

  /** As pairs, for HTTP/2. */
  pairs(start: OwnFields): Headers {
    return this.#linesFor(start).map((bytes) => {
      const line = Buffer.from(bytes)
      const colon = line.indexOf(':')
      return [line.subarray(0, colon), line.subarray(colon + 2, -2)]
    })
  }
}

/** Those of an answer that the server gives itself: never Date or Server. */
export function refusalFields(headers: Headers): OwnFields {
  return { headers, hasDate: false, hasServer: false }
}

function has(start: OwnFields, lower: string): boolean {
  return start.headers.some(([name]) => isName(name, lower))
}

/**
 * Fields that say where content ends and what becomes of the connection (RFC 9110 §7.6.1, RFC 9112 §6, RFC 6455
 * §4.2.2).
 */
const OWN: ReadonlySet<string> = new Set([
  ...HANDSHAKE_FIELDS,
  'connection',
  'content-length',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** `NAME:VALUE`, held to the same rules as an application's headers. */
function parse(text: string): DefaultHeader {
  const colon = text.indexOf(':')
  const lower = text.slice(0, Math.max(colon, 0)).trim().toLowerCase()
  const value = text.slice(colon + 1).trim()
  const header: Header = [Buffer.from(lower, 'latin1'), Buffer.from(value, 'latin1')]
  if (OWN.has(lower))
    throw new UsageError({
      code: 'serve/header',
      input: text,
      rule: `The server itself tells ${lower}, by what it does with each response.`,
      cure: 'Leave it out, or let the application send it.',
    })
  try {
    readHeaders([header])
  } catch (error) {
    if (!(error instanceof InvalidEvent)) throw error
    throw new UsageError({
      code: 'serve/header',
      input: text,
      rule: error.message,
      cure: 'Write NAME:VALUE, for example strict-transport-security:max-age=63072000.',
    })
  }
  return { header, line: Buffer.from(`${lower}: ${value}\r\n`, 'latin1'), lower }
}
