/** A promise and the means to settle it. Its rejection is never "unhandled": whoever waits sees it. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: Error) => void
}

export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = ignore
  let reject: (error: Error) => void = ignore
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue
    reject = onError
  })
  promise.catch(ignore)
  return { promise, resolve, reject }
}

function ignore(): void {
  // stands in until the executor has run, and for a rejection that nobody awaits
}
