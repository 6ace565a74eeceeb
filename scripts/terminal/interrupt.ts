/** Ctrl-C and its kin, as a signal that a run can wind down on. */
export interface Interruption {
  readonly signal: AbortSignal
  /** Gives the signals back to whoever had them. */
  release(): void
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** 128 + SIGINT, as shells expect it of a program that was interrupted for good. */
const FORCED_EXIT = 130

/** The first signal asks the run to end with what it has; the second ends it at once. */
export function onInterrupt(announce: (signal: string) => void): Interruption {
  const controller = new AbortController()
  const handler = (signal: NodeJS.Signals): void => {
    // Servers under guard are killed by their exit hook.
    if (controller.signal.aborted) process.exit(FORCED_EXIT)
    announce(signal)
    controller.abort(new Error(`stopped by ${signal}`))
  }
  for (const signal of SIGNALS) process.on(signal, handler)
  return {
    signal: controller.signal,
    release() {
      for (const signal of SIGNALS) process.off(signal, handler)
    },
  }
}
