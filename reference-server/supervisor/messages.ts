import { z } from 'zod'
import type { Counts } from '../server/metrics.ts'

/** What a worker tells its supervisor. */
export type WorkerMessage =
  /** It accepts connections. */
  | { readonly type: 'ready'; readonly url: string }
  /** It listens no more, and answers no request before `RELEASED` is said. */
  | { readonly type: 'closed' }
  /** It has served as many requests as it should. */
  | { readonly type: 'retire' }
  /** What it has served, in answer to `count`. */
  | { readonly type: 'counts'; readonly counts: Counts }

/** A supervisor's wish: stop, as others listen on. */
export const RETIRE = 'retire'

/** A supervisor's answer to `closed`: nobody listens any more. */
export const RELEASED = 'released'

const counts = z.object({
  inProgress: z.number(),
  bytesSent: z.number(),
  finished: z.record(z.string(), z.number()),
  durationSum: z.number(),
  durations: z.array(z.number()),
})

const schema: z.ZodType<WorkerMessage> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), url: z.string() }),
  z.object({ type: z.literal('closed') }),
  z.object({ type: z.literal('retire') }),
  z.object({ type: z.literal('counts'), counts }),
])

/** Null for messages that are the application's own. */
export function readWorkerMessage(message: unknown): WorkerMessage | null {
  const result = schema.safeParse(message)
  return result.success ? result.data : null
}
