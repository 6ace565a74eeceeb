import type { Http2Client } from '../../http2/client.ts'
import { FLAG, FRAME, type Frame, pingFrame } from '../../http2/frame.ts'
import type { Trial } from '../../testers/trial.ts'

/** Sends a PING and waits for its acknowledgement, or for the end of the connection. */
export async function pinged(
  trial: Trial,
  client: Http2Client,
  clause: string,
  payload: Buffer = Buffer.alloc(8),
): Promise<Frame | null> {
  const before = acknowledgements(client).length
  client.write(pingFrame(payload))
  await trial.iut.within(
    client.until(() => acknowledgements(client).length > before || client.closed),
    clause,
    'the acknowledgement of PING',
  )
  return acknowledgements(client)[before] ?? null
}

/** Those of PINGs that have come so far. */
export function acknowledgements(client: Http2Client): readonly Frame[] {
  return client.frames.filter(({ type, flags }) => type === FRAME.ping && (flags & FLAG.ack) !== 0)
}
