import type { Iut } from '../../testers/iut.ts'

/** In which a server that takes on takes something, on a busy machine too. */
const STANDSTILL_MS = 1000

/**
 * Whether a server takes half of what is on its way to it, `unsent` bytes at first; false as soon as it takes no
 * more. Half of some 30 MiB is beyond what sockets hold on both sides.
 */
export async function takesHalf(iut: Iut, unsent: () => number): Promise<boolean> {
  const half = unsent() / 2
  for (let before = Number.POSITIVE_INFINITY; unsent() < before; ) {
    before = unsent()
    if (await iut.becomes(() => unsent() < half, STANDSTILL_MS)) return true
  }
  return false
}
