import { MARKER } from './channel.ts'
import { isBytes, type PyValue } from './values.ts'

/** The client's port, as `scope["client"]` tells it; null when it tells none. */
export function portOf(client: PyValue | undefined): number | null {
  const port = Array.isArray(client) ? client[1] : null
  if (typeof port === 'string') return Number(port)
  return typeof port === 'number' ? port : null
}

/** The value of the marker header, or an impossible id. */
export function markerOf(headers: PyValue | undefined): string {
  if (!Array.isArray(headers)) return ''
  for (const pair of headers) {
    if (!Array.isArray(pair) || !isBytes(pair[0]) || !isBytes(pair[1])) continue
    if (Buffer.from(pair[0]).toString('latin1').toLowerCase() === MARKER) {
      return Buffer.from(pair[1]).toString('latin1')
    }
  }
  return ''
}
