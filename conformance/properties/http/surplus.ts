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

/** The client sends its next request on it, and reads on. */
export function isOpen({ usable, received }: WireConnection): boolean {
  const last = received.at(-1)
  const options = last === undefined ? '' : valuesOf(last, 'connection').join()
  return usable && !/(^|[\s,])close([\s,]|$)/i.test(options)
}
