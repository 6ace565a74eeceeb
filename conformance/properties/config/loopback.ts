import { accepts, freePort, requireFree } from '../../../targets/launch/port.ts'

/** What a server can be told to listen on: every address of 127.0.0.0/8 is one of the machine's own. */
export type LoopbackHost = '127.0.0.1' | '127.0.0.2'

export const LOOPBACK_HOSTS: readonly LoopbackHost[] = ['127.0.0.1', '127.0.0.2']

/** An address to listen on, and the same port of the other host, on which nobody listens. */
export interface Place {
  readonly host: LoopbackHost
  readonly port: number
  /** Null where the machine has one loopback address only (macOS as it comes). */
  readonly other: LoopbackHost | null
}

const ATTEMPTS = 20

/** A port that is free on both hosts; the first host where the machine does not have the second. */
export async function placeOn(wanted: LoopbackHost): Promise<Place> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = await freePort('127.0.0.1')
    const second = await requireFree('127.0.0.2', port).then(
      () => true,
      () => false,
    )
    if (second)
      return { host: wanted, port, other: wanted === '127.0.0.1' ? '127.0.0.2' : '127.0.0.1' }
  }
  return { host: '127.0.0.1', port: await freePort('127.0.0.1'), other: null }
}

/** Whether somebody listens on the host that was not asked for. */
export async function strayListener({ port, other }: Place): Promise<boolean> {
  return other !== null && (await accepts(other, port))
}
