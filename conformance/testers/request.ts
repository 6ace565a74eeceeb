/** How the body of a request is framed (RFC 9112 §6). Bytes are binary strings: one character, one byte. */
export type RequestBody =
  | { readonly framing: 'none' }
  | { readonly framing: 'content-length'; readonly content: string }
  | {
      readonly framing: 'chunked'
      readonly chunks: readonly string[]
      /** `;name=value`, the same on each chunk. */
      readonly extension?: string
      readonly trailers?: readonly (readonly [name: string, value: string])[]
    }

/** Versions that nobody has defined (RFC 9110 §2.5). */
export type HigherMinor = '1.2' | '1.3' | '1.4' | '1.5' | '1.6' | '1.7' | '1.8' | '1.9'

/** One HTTP/1.x request as a program holds it: plain data, binary strings, nothing implied. */
export interface HttpRequest {
  readonly method: string
  /** Request target as it goes on the wire. */
  readonly target: string
  readonly version: '1.0' | '1.1' | HigherMinor
  /** In wire order; Host is added first unless some header has that name. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: RequestBody
}

export const http = {
  get: (target: string, headers: HttpRequest['headers'] = []): HttpRequest => ({
    method: 'GET',
    target,
    version: '1.1',
    headers,
    body: { framing: 'none' },
  }),
  post: (target: string, content: string, headers: HttpRequest['headers'] = []): HttpRequest => ({
    method: 'POST',
    target,
    version: '1.1',
    headers,
    body: { framing: 'content-length', content },
  }),
}

/** The content that the application must be given. */
export function contentOf(body: RequestBody): Buffer {
  switch (body.framing) {
    case 'none':
      return Buffer.alloc(0)
    case 'content-length':
      return Buffer.from(body.content, 'latin1')
    case 'chunked':
      return Buffer.from(body.chunks.join(''), 'latin1')
  }
}

/** All header lines as they go on the wire: Host first, the framing header last. */
export function headerLines(request: HttpRequest): readonly (readonly [string, string])[] {
  const named = request.headers.some(([name]) => name.toLowerCase() === 'host')
  const host: [string, string][] = named ? [] : [['Host', 'assay.test']]
  return [...host, ...request.headers, ...framingHeader(request.body)]
}

function framingHeader(body: RequestBody): [string, string][] {
  switch (body.framing) {
    case 'none':
      return []
    case 'content-length':
      return [['Content-Length', String(body.content.length)]]
    case 'chunked':
      return [['Transfer-Encoding', 'chunked']]
  }
}

export function serializeHead(request: HttpRequest): string {
  const lines = headerLines(request).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${request.method} ${request.target} HTTP/${request.version}\r\n${lines.join('')}\r\n`
}

export function serializeBody(body: RequestBody): string {
  switch (body.framing) {
    case 'none':
      return ''
    case 'content-length':
      return body.content
    case 'chunked': {
      const chunks = body.chunks
        .filter((chunk) => chunk.length > 0)
        .map((chunk) => `${chunk.length.toString(16)}${body.extension ?? ''}\r\n${chunk}\r\n`)
      const trailers = (body.trailers ?? []).map(([name, value]) => `${name}: ${value}\r\n`)
      return `${chunks.join('')}0\r\n${trailers.join('')}\r\n`
    }
  }
}

export function serialize(request: HttpRequest): Buffer {
  return Buffer.from(serializeHead(request) + serializeBody(request.body), 'latin1')
}
