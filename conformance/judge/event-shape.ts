import { isDict, type PyDict, PyOther, type PyValue, show } from '../testers/values.ts'
import type { Judge } from './judge.ts'

/** asgi.rst, "Events" and "Protocol Specifications": what every event of a protocol is. */
export function judgeEventShape(event: PyDict, protocol: 'http' | 'websocket', judge: Judge): void {
  const type = event['type']
  judge.check('asgi/receive/awaitable', true, '', String)
  judge.check(
    'asgi/events/type-key',
    typeof type === 'string',
    'a type that is a Unicode string',
    () => show(event),
  )
  judge.check(
    'asgi/events/type-namespaced',
    typeof type === 'string' && type.startsWith(`${protocol}.`),
    `a type that starts with ${protocol}.`,
    () => show(type),
  )
  judge.check(
    'asgi/events/dict-keys',
    Object.keys(event).every(isTextKey),
    'keys that are Unicode strings',
    () => show(event),
  )
  judge.check(
    'asgi/events/serialisable-types',
    Object.values(event).every(isSerialisable),
    'values of the types that may cross a network',
    () => show(event),
  )
}

/** Keys that are no strings are shown in angle brackets: see values.ts. */
function isTextKey(key: string): boolean {
  return !/^<.*>$/s.test(key)
}

function isSerialisable(value: PyValue): boolean {
  if (value instanceof PyOther) return false
  if (Array.isArray(value)) return value.every(isSerialisable)
  return !isDict(value) || Object.values(value).every(isSerialisable)
}
