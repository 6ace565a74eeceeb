import type { OutgoingHttpHeaders } from 'node:http2'
import type { Headers } from '../asgi/messages.ts'
import type { ResponseStart } from '../http/response-events.ts'
import type { DefaultHeaders } from '../server/default-headers.ts'

/** RFC 9113 §8.2.2: fields that concern one connection have no place in HTTP/2. */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/** Checked pairs as Node.js wants them: repeated names become lists, in their order. */
export function toFields(headers: Headers): OutgoingHttpHeaders {
  const fields: Record<string, string[]> = {}
  for (const [name, value] of headers) {
    const key = latin1(name).toLowerCase()
    if (CONNECTION_FIELDS.has(key)) continue
    const values = fields[key]
    if (values === undefined) fields[key] = [latin1(value)]
    else values.push(latin1(value))
  }
  return fields
}

/** The header list of an application's response. */
export function responseFields(
  start: ResponseStart,
  defaults: DefaultHeaders,
): OutgoingHttpHeaders {
  const fields = toFields(start.headers)
  if (start.status === 204) delete fields['content-length']
  return { ':status': start.status, ...fields, ...Object.fromEntries(defaults.pairs(start)) }
}

function latin1(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
}
