import { MARKER } from '../testers/channel.ts'
import { isBytes, isDict, isInt, type PyDict, type PyValue, show } from '../testers/values.ts'
import type { Aspect } from './observe.ts'

const VALUE_LIMIT = 600

/** Every key of a scope, without what differs from one run to the next. */
export function observeScope(scope: PyDict, subject: string): Aspect[] {
  const keys = Object.keys(scope).toSorted()
  return [
    { subject, name: 'scope keys', value: keys.join(', ') },
    ...keys.map((key) => ({
      subject,
      name: `scope.${key}`,
      value: show(withoutKind(stable(key, scope[key])), VALUE_LIMIT),
    })),
  ]
}

function stable(key: string, value: PyValue | undefined): PyValue | undefined {
  switch (key) {
    case 'client':
    case 'server':
      return Array.isArray(value) ? value.map(withoutPlace) : value
    case 'headers':
      return Array.isArray(value) ? value.filter((pair) => !isMarker(pair)) : value
    case 'extensions':
      return isDict(value) ? Object.keys(value).toSorted().join(', ') : value
    case 'state':
      return isDict(value) ? 'a dictionary' : value
    default:
      return value
  }
}

/** Tuples and lists are alike: the specification asks for iterables. */
export function withoutKind(value: PyValue | undefined): PyValue | undefined {
  if (Array.isArray(value)) return Array.from(value, (part) => withoutKind(part) ?? null)
  if (!isDict(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, withoutKind(part) ?? null]),
  )
}

/** Ports and the paths of unix sockets are of this run. */
function withoutPlace(part: PyValue): PyValue {
  if (isInt(part) && part !== 0) return 'port'
  return typeof part === 'string' && part.startsWith('/') ? 'path' : part
}

function isMarker(pair: PyValue): boolean {
  const name = Array.isArray(pair) ? pair[0] : undefined
  return isBytes(name) && Buffer.from(name).toString('latin1').toLowerCase() === MARKER
}
