import type { Headers } from '../asgi/messages.ts'
import { isName, type ResponseStart } from '../http/response-events.ts'
import type { ServerContext } from '../server/context.ts'
import { refusalFields } from '../server/default-headers.ts'
import type { ProtocolError } from './errors.ts'
import type { RequestHead } from './request-head.ts'
import type { EncodableHead, ResponseFraming } from './response-encoder.ts'

/** How the response to this request shows its end (RFC 9112 §6.3). */
function framingOf(head: RequestHead, start: ResponseStart): ResponseFraming {
  if (head.method === 'HEAD' || start.status === 204 || start.status === 304) return 'none'
  if (start.contentLength !== -1) return 'length'
  return head.version === '1.1' ? 'chunked' : 'close'
}

/** The head of an application's response; `persistent` is what request and server still agree on. */
export function finalHead(
  head: RequestHead,
  start: ResponseStart,
  persistent: boolean,
  context: ServerContext,
): EncodableHead {
  const framing = framingOf(head, start)
  // Without time for another request there is none: its client is told.
  const lasts = context.timeouts.keepAliveMs > 0
  const stays = persistent && lasts && framing !== 'close' && !start.close
  return {
    status: start.status,
    headers: start.headers,
    added: addedLines(start, context),
    framing,
    close: !stays && !start.close,
    ends: !stays,
    keepAlive: stays && head.version === '1.0',
    omit: omission(start),
  }
}

/** RFC 9110 §7.8: whoever sends Upgrade names it as an option of the connection, so that it goes no further. */
function addedLines(start: ResponseStart, context: ServerContext): EncodableHead['added'] {
  const lines = context.defaults.lines(start)
  return start.upgradeUnsaid ? [...lines, UPGRADE_LINE] : lines
}

const UPGRADE_LINE = Buffer.from('connection: upgrade\r\n')

/** The head of an answer that the server gives itself; it always ends the connection. */
export function refusalHead(
  error: ProtocolError,
  length: number,
  isHead: boolean,
  context: ServerContext,
): EncodableHead {
  const headers: Headers = [
    ...error.headers,
    [CONTENT_TYPE, TEXT_PLAIN],
    [CONTENT_LENGTH, Buffer.from(String(length))],
  ]
  return {
    status: error.status,
    headers,
    added: context.defaults.lines(refusalFields(headers)),
    framing: isHead ? 'none' : 'length',
    close: true,
    ends: true,
    keepAlive: false,
    omit: null,
  }
}

const CONTENT_TYPE = Buffer.from('content-type')
const CONTENT_LENGTH = Buffer.from('content-length')
const TEXT_PLAIN = Buffer.from('text/plain; charset=utf-8')

/** www.rst: Transfer-Encoding is the server's own. RFC 9110 §8.6: a 204 has no Content-Length. */
function omission(start: ResponseStart): EncodableHead['omit'] {
  if (start.hasTransferEncoding) {
    return start.status === 204
      ? (name) => isName(name, 'transfer-encoding') || isName(name, 'content-length')
      : (name) => isName(name, 'transfer-encoding')
  }
  if (start.status === 204 && start.contentLength !== -1) {
    return (name) => isName(name, 'content-length')
  }
  return null
}
