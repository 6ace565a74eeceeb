import { valuesOf } from '../../testers/response-reader.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import type { WireConnection } from '../../testers/wire.ts'

/**
 * Nothing stands behind a response. Where something does, and the connection stays open, its client takes what an
 * application has sent for the next response.
 */
export async function judgeSurplus(
  trial: Trial,
  wire: WireConnection,
  clause: string,
  expected: string,
): Promise<boolean> {
  const { surplus } = wire.reader
  if (surplus.length > 0) await trial.iut.cameWithinQuiet(wire.closed)
  return trial.check(clause, surplus.length === 0, expected, () => show(surplus), isOpen(wire))
}

export const BARE = 'wire/rfc9110/head-no-content'

/** RFC 9110 §9.3.2: a response to HEAD has no content, and one that the server makes itself has none either. */
export async function judgeBare(trial: Trial, wire: WireConnection): Promise<void> {
  await trial.iut.cameWithinQuiet(wire.closed)
  await judgeSurplus(trial, wire, BARE, 'nothing behind the head of the response')
}

/** The client sends its next request on it, and reads on. */
export function isOpen({ usable, received }: WireConnection): boolean {
  const last = received.at(-1)
  const options = last === undefined ? '' : valuesOf(last, 'connection').join()
  return usable && !/(^|[\s,])close([\s,]|$)/i.test(options)
}
