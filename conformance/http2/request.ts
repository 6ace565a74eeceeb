import { MARKER } from '../testers/channel.ts'
import type { AskedRequest } from '../testers/exchange.ts'
import type { HeadersExtras } from './frame.ts'
import type { BlockStyle } from './hpack-encoder.ts'
import type { Field } from './hpack-table.ts'

/** One request of HTTP/2 as a program holds it: plain data, binary strings. */
export interface Http2Request {
  readonly method: string
  /** `:path`, with the query. */
  readonly target: string
  /** `:authority`; null: the client leaves it out. */
  readonly authority: string | null
  /** In wire order, names in lower case. */
  readonly fields: readonly Field[]
  /** One DATA frame each, or more where the window or the frame size demand it. */
  readonly content: readonly string[]
  /** Where END_STREAM stands; without content `last` is the head. */
  readonly end: 'last' | 'empty-data' | 'trailers'
  /** Bytes of padding of every DATA frame; null: none have padding. */
  readonly padding: number | null
}

/** How the head of a request is put into frames. */
export interface HeadFraming {
  readonly style: BlockStyle
  readonly extras: HeadersExtras
  /** Offsets, as shares of the field block in thousandths, at which a CONTINUATION frame begins. */
  readonly cuts: readonly number[]
}

const BARE = { authority: 'assay.test', content: [], end: 'last', padding: null } as const

export const h2 = {
  get: (target: string, fields: readonly Field[] = []): Http2Request => ({
    ...BARE,
    method: 'GET',
    target,
    fields,
  }),
  post: (
    target: string,
    content: readonly string[],
    fields: readonly Field[] = [],
  ): Http2Request => ({
    ...BARE,
    method: 'POST',
    target,
    fields,
    content,
  }),
}

/** All fields, pseudo-headers first (RFC 9113 §8.3.1), and what ties the request to its scope. */
export function fieldsOf(
  request: Http2Request,
  scheme: 'http' | 'https',
  marker: string,
): readonly Field[] {
  const { method, target, authority, fields } = request
  return [
    [':method', method],
    [':scheme', scheme],
    ...(authority === null ? [] : [[':authority', authority] as const]),
    [':path', target],
    ...fields,
    [MARKER, marker],
  ]
}

/** The same as far as a response is judged by it. */
export function askedRequest({ method, target, content }: Http2Request): AskedRequest {
  return {
    method,
    target,
    version: '2',
    body: { framing: 'content-length', content: content.join('') },
  }
}
