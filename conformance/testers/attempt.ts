import type { Exchange } from './exchange.ts'
import type { WireResponse } from './response-reader.ts'

/** What became of a request that a server may refuse: it reached the application, or it did not. */
export type Attempt =
  | { readonly served: Exchange; readonly refused: null }
  | { readonly served: null; readonly refused: Refusal }

/** How a server refused: with a response of its own, or by closing. */
export interface Refusal {
  readonly response: WireResponse | null
}

export function describeRefusal(refusal: Refusal): string {
  return refusal.response === null
    ? 'the server closed the connection'
    : `the server answered ${refusal.response.status} itself`
}
