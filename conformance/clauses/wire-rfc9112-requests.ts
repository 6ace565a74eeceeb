import type { Clause } from '../../evidence/clause.ts'
import { RFC9112 } from './documents.ts'
import { section } from './section.ts'

const parsing = section(RFC9112, '§2.2 Message Parsing')
const requestLine = section(RFC9112, '§3 Request Line')
const target = section(RFC9112, '§3.2 Request Target')
const absoluteForm = section(RFC9112, '§3.2.2 absolute-form')
const authorityForm = section(RFC9112, '§3.2.3 authority-form')
const asteriskForm = section(RFC9112, '§3.2.4 asterisk-form')
const version = section(RFC9112, '§2.3 HTTP Version')
const fieldLine = section(RFC9112, '§5.1 Field Line Parsing')
const folding = section(RFC9112, '§5.2 Obsolete Line Folding')
const transferEncoding = section(RFC9112, '§6.1 Transfer-Encoding')
const bodyLength = section(RFC9112, '§6.3 Message Body Length')
const chunked = section(RFC9112, '§7.1 Chunked Transfer Coding')
const extensions = section(RFC9112, '§7.1.1 Chunk Extensions')
const trailers = section(RFC9112, '§7.1.2 Chunked Trailer Section')
const incomplete = section(RFC9112, '§8 Handling Incomplete Messages')

const FORM_OF_METHOD =
  'The forms depend "on both the method being requested" and the target (§3.2): the grammar alone would take it.'

/** What a server does with the bytes of an HTTP/1.1 request, well formed or not. */
export const RFC9112_REQUEST_CLAUSES: readonly Clause[] = [
  parsing.must(
    'wire/rfc9112/octets',
    'Messages are parsed as octets in a superset of US-ASCII, not as a stream of Unicode characters.',
  ),
  parsing.may(
    'wire/rfc9112/bare-lf',
    'A lone LF may be taken as the end of a line, and a CR before it be ignored.',
  ),
  parsing.must(
    'wire/rfc9112/bare-cr',
    'A bare CR makes its element invalid, or is replaced by a space before the element is processed.',
  ),
  parsing.should(
    'wire/rfc9112/leading-empty-line',
    'At least one empty line before the request line is ignored.',
  ),
  parsing.must(
    'wire/rfc9112/space-before-first-field',
    'Whitespace before the first field line makes the message rejected, or that line dropped unread.',
  ),
  parsing.should(
    'wire/rfc9112/grammar-mismatch',
    'Bytes that do not match the message grammar, robustness exceptions aside, get 400 and a close.',
  ),
  parsing.should(
    'wire/rfc9112/grammar-mismatch-answered',
    'Bytes that are no request are answered with 400, not only with a close.',
  ),
  version.should(
    'wire/rfc9112/version-syntax',
    'A version other than HTTP in capitals, slash, digit, dot and digit gets 400 and a close.',
  ),
  requestLine.should(
    'wire/rfc9112/request-line',
    'What is not method, target and version gets the 400 or 301 of §3.2; splitting at other whitespace is allowed.',
  ),
  requestLine.may(
    'wire/rfc9112/request-line-lenient',
    'A recipient may split the request line at any run of SP, HTAB, VT, FF or bare CR instead.',
  ),
  requestLine.should(
    'wire/rfc9112/method-too-long',
    'A method longer than any that the server implements gets 501.',
  ),
  requestLine.must(
    'wire/rfc9112/target-too-long',
    'A request target longer than the server wishes to parse gets 414.',
  ),
  requestLine.must(
    'wire/rfc9112/target-too-long-answered',
    'A request target that is too long is answered with an error, not only with a close.',
  ),
  requestLine.should(
    'wire/rfc9112/request-line-8000',
    'Request lines of 8000 octets are supported as the server comes, which the text recommends.',
  ),
  target.should(
    'wire/rfc9112/invalid-request-line',
    'An invalid request line gets 400, or 301 to the properly encoded target.',
  ),
  target.should(
    'wire/rfc9112/no-autocorrection',
    'An invalid request line is not corrected and then processed without a redirect.',
  ),
  target.must('wire/rfc9112/missing-host', 'An HTTP/1.1 request without a Host field gets 400.'),
  target.must(
    'wire/rfc9112/duplicate-host',
    'A request with more than one Host field line gets 400.',
    {
      reading: 'The duplicates that www.rst wants preserved are those of a request that is served.',
    },
  ),
  target.must('wire/rfc9112/invalid-host', 'A request whose Host value is invalid gets 400.'),
  absoluteForm.must(
    'wire/rfc9112/absolute-form',
    'A server accepts a request target in absolute form.',
  ),
  absoluteForm.must(
    'wire/rfc9112/absolute-form-host',
    'With a target in absolute form the host comes from the target and the Host field is ignored.',
    {
      untestable:
        'A scope has no key for the host: fields are passed on, and whoever uses one is the application.',
    },
  ),
  asteriskForm.must(
    'wire/rfc9112/asterisk-form',
    'OPTIONS for the server as a whole has a single asterisk as its target.',
    { reading: 'The sentence binds the client; what it must send, a server has to take.' },
  ),
  asteriskForm.should(
    'wire/rfc9112/asterisk-form-options-only',
    'An asterisk is a target of OPTIONS only (RFC 9110 §7.1): with another method the request line is invalid (§3.2).',
    { reading: FORM_OF_METHOD },
  ),
  authorityForm.should(
    'wire/rfc9112/authority-form-connect-only',
    'Host and port alone are a target of CONNECT (RFC 9110 §7.1): with another method the request line is invalid (§3.2).',
    { reading: FORM_OF_METHOD },
  ),
  fieldLine.must(
    'wire/rfc9112/space-before-colon',
    'A request with whitespace between a field name and its colon gets 400.',
  ),
  folding.must(
    'wire/rfc9112/obs-fold',
    'A folded field line gets 400, or each fold is replaced by spaces before the value is read.',
  ),
  transferEncoding.must(
    'wire/rfc9112/chunked-parsed',
    'Every recipient can parse the chunked transfer coding.',
  ),
  transferEncoding.should(
    'wire/rfc9112/te-unknown',
    'An unknown transfer coding gets 501, or the 400 of §6.3 where chunked is not the final coding.',
  ),
  transferEncoding.must(
    'wire/rfc9112/te-and-cl',
    'A request with both Content-Length and Transfer-Encoding is rejected or read by the latter, then closed on.',
  ),
  transferEncoding.must(
    'wire/rfc9112/te-in-http10',
    'Transfer-Encoding in an HTTP/1.0 request is faulty framing: the connection closes after it.',
  ),
  bodyLength.must(
    'wire/rfc9112/te-overrides-cl',
    'Where both are present, Transfer-Encoding overrides Content-Length.',
    { definition: true },
  ),
  bodyLength.must(
    'wire/rfc9112/te-chunked-not-final',
    'A request whose final transfer coding is not chunked gets 400 and a close.',
  ),
  bodyLength.must(
    'wire/rfc9112/invalid-content-length',
    'An invalid Content-Length, without Transfer-Encoding, gets 400 and a close.',
  ),
  bodyLength.must(
    'wire/rfc9112/conflicting-content-length',
    'Content-Length values that differ get 400 and a close; a list of equal values may be read as one.',
  ),
  bodyLength.must(
    'wire/rfc9112/content-length-delimits',
    'A valid Content-Length without Transfer-Encoding gives the length of the request body in octets.',
    { definition: true },
  ),
  bodyLength.must(
    'wire/rfc9112/incomplete-body-no-completion',
    'A body shorter than its Content-Length when the client closes is incomplete, and the connection closes.',
  ),
  bodyLength.must(
    'wire/rfc9112/no-length-no-body',
    'A request with neither Transfer-Encoding nor Content-Length has a body of zero octets.',
    { definition: true },
  ),
  bodyLength.permits(
    'wire/rfc9112/length-required',
    'A request with a body but without Content-Length may be rejected with 411.',
  ),
  chunked.must('wire/rfc9112/chunked-decoded', 'Every recipient can decode the chunked coding.'),
  chunked.should(
    'wire/rfc9112/chunk-size-invalid',
    'A chunk size other than one or more hexadecimal digits gets 400 and a close (§2.2).',
  ),
  chunked.should(
    'wire/rfc9112/chunk-data-terminator',
    'Chunk data that CRLF does not follow gets 400 and a close (§2.2).',
  ),
  chunked.must(
    'wire/rfc9112/chunk-size-overflow',
    'Large chunk sizes neither overflow nor lose precision.',
  ),
  chunked.should(
    'wire/rfc9112/chunked-parameters',
    'Parameters on the chunked coding are an error.',
  ),
  extensions.must(
    'wire/rfc9112/chunk-extensions-ignored',
    'Chunk extensions that the recipient does not know are ignored.',
  ),
  extensions.should(
    'wire/rfc9112/chunk-extensions-limited',
    'A server ought to limit the total length of chunk extensions and answer with a 4xx beyond it.',
  ),
  trailers.permits(
    'wire/rfc9112/trailers-retained-or-dropped',
    'Whoever removes the chunked coding may keep or discard the trailer fields it received.',
  ),
  trailers.must(
    'wire/rfc9112/trailers-not-merged',
    'A trailer field is not merged into the headers unless its own definition permits that.',
  ),
  incomplete.must(
    'wire/rfc9112/incomplete-chunked',
    'A chunked body without its final zero-sized chunk is incomplete.',
    { definition: true },
  ),
  incomplete.permits(
    'wire/rfc9112/incomplete-error-response',
    'An incomplete request may get an error response before the connection closes.',
  ),
]
