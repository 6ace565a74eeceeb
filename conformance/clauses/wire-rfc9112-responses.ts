import type { Clause } from '../../evidence/clause.ts'
import { RFC9112 } from './documents.ts'
import { section } from './section.ts'

const parsing = section(RFC9112, '§2.2 Message Parsing')
const version = section(RFC9112, '§2.3 HTTP Version')
const statusLine = section(RFC9112, '§4 Status Line')
const fields = section(RFC9112, '§5 Field Syntax')
const folding = section(RFC9112, '§5.2 Obsolete Line Folding')
const transferEncoding = section(RFC9112, '§6.1 Transfer-Encoding')
const contentLength = section(RFC9112, '§6.2 Content-Length')
const bodyLength = section(RFC9112, '§6.3 Message Body Length')
const persistence = section(RFC9112, '§9.3 Persistence')
const pipelining = section(RFC9112, '§9.3.2 Pipelining')
const failures = section(RFC9112, '§9.5 Failures and Timeouts')
const tearDown = section(RFC9112, '§9.6 Tear-down')
const tlsClosure = section(RFC9112, '§9.8 TLS Connection Closure')

/** How a server frames its HTTP/1.1 responses and runs the connection they travel on. */
export const RFC9112_RESPONSE_CLAUSES: readonly Clause[] = [
  parsing.must('wire/rfc9112/no-bare-cr-sent', 'No bare CR is sent outside of content.'),
  version.should(
    'wire/rfc9112/no-needless-downgrade',
    'An HTTP/1.1 request is not answered as HTTP/1.0 unless its client is known to be in error.',
  ),
  statusLine.must(
    'wire/rfc9112/status-line',
    'A status line is version, space, three digits and space, that space also where no reason follows.',
  ),
  fields.must(
    'wire/rfc9112/field-syntax',
    'Each field line sent is a token, a colon and a value without CR, LF and NUL, ended by CRLF.',
    { definition: true },
  ),
  folding.must('wire/rfc9112/no-obs-fold-sent', 'No response has a folded field line.'),
  transferEncoding.must(
    'wire/rfc9112/chunked-once',
    'The chunked coding is not applied more than once, and so not named twice in the list of codings that were applied.',
    {
      reading:
        'Transfer-Encoding lists the codings that were applied: a message that names chunked twice says so of itself.',
    },
  ),
  transferEncoding.must(
    'wire/rfc9112/no-transfer-encoding-in-204-1xx',
    'No response of status 1xx or 204 carries Transfer-Encoding.',
  ),
  transferEncoding.permits(
    'wire/rfc9112/transfer-encoding-in-head-304',
    'A response to HEAD and a 304 may carry the Transfer-Encoding that a GET would have had.',
  ),
  transferEncoding.must(
    'wire/rfc9112/no-transfer-encoding-to-http10',
    'Transfer-Encoding is sent only in answer to a request of HTTP/1.1 or later.',
  ),
  contentLength.must(
    'wire/rfc9112/no-content-length-beside-te',
    'No message carries Content-Length beside Transfer-Encoding.',
  ),
  bodyLength.must(
    'wire/rfc9112/message-framing',
    'The end of each response follows from the rules of message body length, and from them alone.',
    { definition: true },
  ),
  bodyLength.must(
    'wire/rfc9112/content-length-agrees',
    'A complete body has as many octets as its Content-Length says, which is sent by nobody who knows better (RFC 9110 §8.6).',
    { definition: true },
  ),
  bodyLength.should(
    'wire/rfc9112/self-delimited',
    'Responses are delimited by a coding or a length rather than by closing, wherever possible.',
  ),
  persistence.should(
    'wire/rfc9112/persistent-connections',
    'Persistent connections are supported.',
  ),
  persistence.must(
    'wire/rfc9112/persistence',
    'HTTP/1.1 without the close option persists after the response, unless the server closes (§9.5).',
    { definition: true },
  ),
  persistence.must(
    'wire/rfc9112/http10-close',
    'After a response to HTTP/1.0 the connection closes, unless keep-alive was asked for and is honoured.',
    { definition: true },
  ),
  persistence.must(
    'wire/rfc9112/non-persistent-says-close',
    'A server without persistent connections sends the close option in every final response.',
  ),
  persistence.must(
    'wire/rfc9112/whole-body-read-or-close',
    'The server reads the whole request body, or closes the connection after its response.',
  ),
  pipelining.must(
    'wire/rfc9112/pipelining-order',
    'Responses to pipelined requests come in the order of the requests.',
  ),
  pipelining.permits(
    'wire/rfc9112/pipelining-parallel',
    'Pipelined requests of safe methods may be processed in parallel.',
  ),
  failures.should(
    'wire/rfc9112/graceful-timeout-close',
    'A server that times out a connection closes it gracefully.',
  ),
  failures.should(
    'wire/rfc9112/closure-monitored',
    'Open connections are watched for a closure by the peer, which is then answered.',
  ),
  failures.permits('wire/rfc9112/close-any-time', 'A server may close the connection at any time.'),
  failures.should(
    'wire/rfc9112/sustains-under-load',
    'A temporary overload is left to flow control rather than answered by closing connections.',
    { untestable: 'Asked only where possible, of which the server alone is the judge.' },
  ),
  tearDown.should(
    'wire/rfc9112/close-announced',
    'A server that intends to close a connection says so with the close option.',
  ),
  tearDown.must(
    'wire/rfc9112/close-honoured',
    'After the final response to a request with the close option the server closes the connection.',
  ),
  tearDown.should(
    'wire/rfc9112/close-answered-with-close',
    'The final response to a request with the close option carries that option too.',
  ),
  tearDown.must(
    'wire/rfc9112/no-request-after-close',
    'Nothing behind a request with the close option is processed, as a request or as an error ahead of its response (§9.3.2).',
    {
      reading:
        'Who answers an error of what stands behind has processed it. The client may not send it; a server that ignores it answers the request that says close.',
    },
  ),
  tearDown.must(
    'wire/rfc9112/sent-close-honoured',
    'After a response with the close option the server closes and processes no further request.',
  ),
  tlsClosure.must(
    'wire/rfc9112/tls-close-notify',
    'Before a server closes a TLS connection it attempts to exchange closure alerts.',
  ),
  tlsClosure.should(
    'wire/rfc9112/tls-incomplete-close',
    'A client that closes without a closure alert does the server no harm.',
  ),
]
