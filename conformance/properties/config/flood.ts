import type { Iut } from '../../testers/iut.ts'
import type { Tunnel } from '../../websocket/carrier.ts'

/** In which a server that takes on takes something, on a busy machine too. */
const STANDSTILL_MS = 2000

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

/**
 * Whether a server takes half of a flood of equal pieces. They are written a few at a time: what is written at once
 * counts as unsent until the last of it has left. If it does not, all of them are on their way in the end.
 */
export async function takesHalfOf(
  iut: Iut,
  tunnel: Tunnel,
  piece: Buffer,
  count: number,
): Promise<boolean> {
  let waiting = count
  const write = (pieces: number): void => {
    const now = Math.min(pieces, waiting)
    waiting -= now
    for (let turn = 0; turn < now; turn += 1) tunnel.write(piece)
  }
  const few = Math.ceil(AT_ONCE / piece.length)
  const taken = await takesHalf(iut, () => {
    if (tunnel.unsent === 0) write(few)
    return waiting * piece.length + tunnel.unsent
  })
  if (!taken) write(waiting)
  return taken
}

const AT_ONCE = 2 ** 20
