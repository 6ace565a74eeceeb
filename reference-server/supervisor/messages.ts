import * as v from 'valibot'
import type { Counts } from '../server/metrics.ts'

/** What a worker tells its supervisor. */
export type WorkerMessage =
  /** It accepts connections. */
  | { readonly type: 'ready'; readonly url: string }
  /** It listens no more, and answers no request before `RELEASED` is said. */
  | { readonly type: 'closed' }
  /** No request is left: its application shuts down. */
  | { readonly type: 'drained' }
  /** It has served as many requests as it should. */
  | { readonly type: 'retire' }
  /** What it has served so far. */
  | { readonly type: 'counts'; readonly counts: Counts }

/** A supervisor's wish: stop, as others listen on. */
export const RETIRE = 'retire'

/** A supervisor's question: what has it served? */
export const COUNT = 'count'

/** A supervisor's answer to `closed`: nobody listens any more. */
export const RELEASED = 'released'

const counts = v.object({
  inProgress: v.number(),
  bytesSent: v.number(),
  finished: v.record(v.string(), v.number()),
  durationSum: v.number(),
  durations: v.array(v.number()),
})

const schema: v.GenericSchema<unknown, WorkerMessage> = v.variant('type', [
  v.object({ type: v.literal('ready'), url: v.string() }),
  v.object({ type: v.literal('closed') }),
  v.object({ type: v.literal('drained') }),
  v.object({ type: v.literal('retire') }),
  v.object({ type: v.literal('counts'), counts }),
])

/** Null for messages that are the application's own. */
export function readWorkerMessage(message: unknown): WorkerMessage | null {
  const result = v.safeParse(schema, message)
  return result.success ? result.output : null
}
