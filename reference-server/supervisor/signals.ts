/** Calls back for each of the signals until it is stopped; the default action of none of them happens. */
export function onSignals(
  signals: readonly NodeJS.Signals[],
  act: (signal: NodeJS.Signals) => void,
): () => void {
  const listeners = signals.map((signal) => {
    const listener = (): void => act(signal)
    process.on(signal, listener)
    return [signal, listener] as const
  })
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
}
