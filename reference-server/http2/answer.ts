import type {
  OutgoingHttpHeaders,
  ServerHttp2Stream,
  ServerStreamResponseOptions,
} from 'node:http2'

/**
 * The client has reset the stream, or the server has. Node.js says so by `closed` at once, and by `destroyed` only
 * later: behind NO_ERROR when all content that came was read. It throws at whoever sends fields from then on, which
 * may be before the first look at a request, as a reset can come in the segment of its HEADERS.
 */
export function isOver(stream: ServerHttp2Stream): boolean {
  return stream.closed || stream.destroyed
}

/** A response can begin. */
export function isUnanswered(stream: ServerHttp2Stream): boolean {
  return !isOver(stream) && !stream.headersSent
}

/** Sends the head of a response where one can begin; false where not. Its Date, if any, is among the fields. */
export function respond(
  stream: ServerHttp2Stream,
  fields: OutgoingHttpHeaders,
  options: ServerStreamResponseOptions,
): boolean {
  if (!isUnanswered(stream)) return false
  const undated = { ...options, sendDate: false }
  stream.respond(fields, undated)
  return true
}

/** Sends an interim response where none but such has left; false where not. */
export function inform(stream: ServerHttp2Stream, fields: OutgoingHttpHeaders): boolean {
  if (!isUnanswered(stream)) return false
  stream.additionalHeaders(fields)
  return true
}

/** Ends the stream with trailers. Only a head that was sent with `waitForTrailers` has them. */
export function endWithTrailers(stream: ServerHttp2Stream, fields: OutgoingHttpHeaders): void {
  stream.once('wantTrailers', () => {
    if (!isOver(stream)) stream.sendTrailers(fields)
  })
  stream.end()
}
