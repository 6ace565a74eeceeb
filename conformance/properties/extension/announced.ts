import type { Exchange } from '../../testers/exchange.ts'
import type { Trial } from '../../testers/trial.ts'
import { isDict, type PyDict, show } from '../../testers/values.ts'

/** What a client sends that takes trailers (RFC 9110 §10.1.4). */
export const ASKS_TRAILERS: readonly (readonly [name: string, value: string])[] = [
  ['TE', 'trailers'],
  ['Connection', 'TE'],
]

/** Whether the server offers the extension on this scope: what it offers differs between requests. */
export function offers(scope: PyDict, name: string): boolean {
  const { extensions } = scope
  return isDict(extensions) && isDict(extensions[name])
}

/** extensions.rst: a server that implements an extension provides its name in the scope. */
export function judgeAnnounced(
  trial: Trial,
  exchange: Exchange,
  clause: string,
  name: string,
): boolean {
  return trial.check(
    clause,
    offers(exchange.scope, name),
    `${JSON.stringify(name)} in the extensions of the scope`,
    () => show(exchange.scope['extensions']),
  )
}
