import type { OutgoingHttpHeaders } from 'node:http2'
import { InvalidEvent } from '../asgi/errors.ts'
import type { Headers } from '../asgi/messages.ts'
import type { ResponseStart } from '../http/response-events.ts'
import { HTAB, SP } from '../http1/alphabet.ts'
import { type DefaultHeaders, refusalFields } from '../server/default-headers.ts'

/** RFC 9113 §8.2.2: fields that concern one connection have no place in HTTP/2, but TE in a request. */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
])

/**
 * Checked pairs as Node.js wants them, in their order. It takes an object, whose keys it lowers one by
 * one: so a name that comes back after others stands there again, in another case. `promised`: they are those of a
 * request.
 */
export function toFields(headers: Headers, promised = false): OutgoingHttpHeaders {
  const fields: Record<string, string[]> = {}
  let last = ''
  for (const [bytes, rawValue] of headers) {
    const name = latin1(bytes).toLowerCase()
    const value = toValue(rawValue)
    const allowed = promised && name === 'te' && value === 'trailers'
    if (CONNECTION_FIELDS.has(name) && !allowed) continue
    const single = SENT_ONCE.has(name) ? fields[name] : undefined
    if (single !== undefined) {
      fields[name] = [`${single[0]}, ${value}`]
      continue
    }
    const key = last.toLowerCase() === name ? last : unusedForm(name, fields)
    const values = fields[key]
    if (values === undefined) fields[key] = [value]
    else values.push(value)
    last = key
  }
  return fields
}

/** RFC 9113 §8.2.1: no whitespace begins or ends a value. Over HTTP/1.1 whoever reads it leaves that out. */
export function toValue(value: Uint8Array): string {
  let start = 0
  let end = value.length
  while (start < end && isSpace(value[start])) start += 1
  while (end > start && isSpace(value[end - 1])) end -= 1
  return latin1(value.subarray(start, end))
}

function isSpace(byte: number | undefined): boolean {
  return byte === SP || byte === HTAB
}

/**
 * Names that Node.js sends once or throws. Their lines are joined, as every recipient may join them (RFC
 * 9110 §5.2): only of lists does that make sense, but what an application means is not for us to say.
 */
const SENT_ONCE: ReadonlySet<string> = new Set([
  'access-control-allow-credentials',
  'access-control-max-age',
  'access-control-request-method',
  'age',
  'authorization',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'date',
  'dnt',
  'etag',
  'expires',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'range',
  'referer',
  'retry-after',
  'tk',
  'upgrade-insecure-requests',
  'user-agent',
  'x-content-type-options',
])

/** The name in a case in which no key has it yet; where all are used up, as it is. */
function unusedForm(name: string, fields: Readonly<Record<string, unknown>>): string {
  if (fields[name] === undefined) return name
  const letters = name.match(/[a-z]/g)?.length ?? 0
  for (let form = 1; form < 2 ** Math.min(letters, MOST_CASES); form += 1) {
    let at = -1
    const key = name.replaceAll(/[a-z]/g, (letter) => {
      at += 1
      return ((form >> at) & 1) === 1 ? letter.toUpperCase() : letter
    })
    if (fields[key] === undefined) return key
  }
  return name
}

/** Letters of a name whose case may vary: a thousand returns of one name are enough. */
const MOST_CASES = 10

/** RFC 9110 §15: statuses beyond are invalid. HTTP/1.1 carries them all the same, Node.js's HTTP/2 does not. */
const LAST_STATUS = 599

/** InvalidEvent for a status that HTTP/2 cannot carry, before anything has begun. */
export function checkStatus(status: number): void {
  if (status > LAST_STATUS) throw new InvalidEvent(`Over HTTP/2, status is at most ${LAST_STATUS}.`)
}

/** The header list of an application's response. */
export function responseFields(
  start: ResponseStart,
  defaults: DefaultHeaders,
): OutgoingHttpHeaders {
  const fields = toFields([...start.headers, ...defaults.pairs(start)])
  if (start.status === 204) delete fields['content-length']
  return { ':status': start.status, ...fields }
}

/** A response of the server's own, in place of the application's. */
export function errorFields(
  status: number,
  defaults: DefaultHeaders,
  headers: Headers = [],
): OutgoingHttpHeaders {
  return { ':status': status, ...toFields([...headers, ...defaults.pairs(refusalFields(headers))]) }
}

function latin1(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
}
