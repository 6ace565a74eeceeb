import type { Clause } from '../../evidence/clause.ts'
import { RFC9113 } from './documents.ts'
import { section } from './section.ts'

const overview = section(RFC9113, '§2 HTTP/2 Protocol Overview')
const starting = section(RFC9113, '§3.3 Starting HTTP/2 with Prior Knowledge')
const preface = section(RFC9113, '§3.4 HTTP/2 Connection Preface')
const frameFormat = section(RFC9113, '§4.1 Frame Format')
const frameSize = section(RFC9113, '§4.2 Frame Size')
const compression = section(RFC9113, '§4.3 Field Section Compression')
const states = section(RFC9113, '§5.1 Stream States')
const identifiers = section(RFC9113, '§5.1.1 Stream Identifiers')
const concurrency = section(RFC9113, '§5.1.2 Stream Concurrency')
const flow = section(RFC9113, '§5.2.1 Flow-Control Principles')
const flowUse = section(RFC9113, '§5.2.2 Appropriate Use of Flow Control')
const flowWindow = section(RFC9113, '§6.9.1 The Flow-Control Window')
const windowUpdate = section(RFC9113, '§6.9 WINDOW_UPDATE')
const data = section(RFC9113, '§6.1 DATA')
const connectionErrors = section(RFC9113, '§5.4.1 Connection Error Handling')
const streamErrors = section(RFC9113, '§5.4.2 Stream Error Handling')
const rstStream = section(RFC9113, '§6.4 RST_STREAM')
const extending = section(RFC9113, '§5.5 Extending HTTP/2')
const settingsFrame = section(RFC9113, '§6.5 SETTINGS')
const settings = section(RFC9113, '§6.5.2 Defined Settings')
const settingsSync = section(RFC9113, '§6.5.3 Settings Synchronization')
const ping = section(RFC9113, '§6.7 PING')
const goAway = section(RFC9113, '§6.8 GOAWAY')
const continuation = section(RFC9113, '§6.10 CONTINUATION')
const messages = section(RFC9113, '§8.1 HTTP Message Framing')
const malformed = section(RFC9113, '§8.1.1 Malformed Messages')
const fields = section(RFC9113, '§8.2 HTTP Fields')
const validity = section(RFC9113, '§8.2.1 Field Validity')
const connectionFields = section(RFC9113, '§8.2.2 Connection-Specific Header Fields')
const cookies = section(RFC9113, '§8.2.3 Compressing the Cookie Header Field')
const serverPush = section(RFC9113, '§8.4 Server Push')
const pushPromise = section(RFC9113, '§6.6 PUSH_PROMISE')
const pseudo = section(RFC9113, '§8.3 HTTP Control Data')
const requestPseudo = section(RFC9113, '§8.3.1 Request Pseudo-Header Fields')
const responsePseudo = section(RFC9113, '§8.3.2 Response Pseudo-Header Fields')

/**
 * HTTP/2 as far as a gateway's own choices show, and what any client may come to write. The framing layer is
 * judged as a whole by the public suite h2spec, which the reference server is held to as well.
 */
const RECEIVABLE =
  'The text says that any type of frame can be received in this state: whose sender did nothing wrong is not to be harmed.'

export const RFC9113_CLAUSES: readonly Clause[] = [
  starting.must(
    'wire/rfc9113/alpn',
    'HTTP/2 over TLS is chosen by ALPN, with the identifier h2 (§3.2).',
  ),
  preface.must(
    'wire/rfc9113/server-preface',
    'The first frame of the server is SETTINGS, which may be empty.',
  ),
  preface.must(
    'wire/rfc9113/invalid-preface',
    'An invalid connection preface is a connection error of type PROTOCOL_ERROR or a generic one (§5.4).',
  ),
  frameSize.must(
    'wire/rfc9113/frame-size',
    'A frame beyond the agreed size, or of a wrong size for its type, is a FRAME_SIZE_ERROR or a generic error (§5.4).',
  ),
  frameFormat.must(
    'wire/rfc9113/unknown-frames-ignored',
    'Frames of unknown types are ignored and discarded.',
  ),
  extending.must(
    'wire/rfc9113/unknown-frame-within-block',
    'A frame of an unknown type in the middle of a field block is a connection error, PROTOCOL_ERROR or generic (§5.4).',
  ),
  frameFormat.must(
    'wire/rfc9113/reserved-ignored',
    'The reserved bit before a stream identifier, and flags that the type of a frame does not define, are ignored.',
  ),
  frameFormat.must(
    'wire/rfc9113/frame-size-sent',
    'No frame is larger than SETTINGS_MAX_FRAME_SIZE of its receiver.',
  ),
  compression.must(
    'wire/rfc9113/field-block-contiguous',
    'The frames of a field block that is sent follow one another with no other frame between them.',
  ),
  compression.must(
    'wire/rfc9113/field-block-decodable',
    'A field block that is sent is compressed by HPACK, within the table size of its receiver (§4.3.1).',
    { definition: true },
  ),
  compression.must(
    'wire/rfc9113/compression-error',
    'A field block that cannot be decoded is a connection error of type COMPRESSION_ERROR or a generic one (§5.4).',
  ),
  states.must(
    'wire/rfc9113/half-closed-local',
    'Content that comes on a stream whose response has ended is still received, and harms no other.',
    { definition: true, reading: RECEIVABLE },
  ),
  states.must(
    'wire/rfc9113/half-closed-local-trailers',
    'Trailers that come on a stream whose response has ended are still received, and harm no other.',
    { definition: true, reading: RECEIVABLE },
  ),
  identifiers.must(
    'wire/rfc9113/stream-identifiers',
    'A stream identifier that is even or not greater than all before it is a connection error.',
  ),
  concurrency.must(
    'wire/rfc9113/concurrent-streams',
    'A stream beyond the advertised limit is a stream error of REFUSED_STREAM or a generic code (§5.4).',
  ),
  flow.must(
    'wire/rfc9113/flow-control',
    'No more DATA is sent than the windows of stream and connection allow.',
  ),
  connectionErrors.should(
    'wire/rfc9113/goaway-on-error',
    'A connection error is announced by GOAWAY before the connection closes.',
  ),
  connectionErrors.must(
    'wire/rfc9113/error-closes',
    'After the GOAWAY for an error the TCP connection is closed.',
  ),
  goAway.should(
    'wire/rfc9113/goaway-at-graceful-shutdown',
    'A server that shuts a connection down gracefully announces it by GOAWAY.',
  ),
  goAway.should(
    'wire/rfc9113/goaway-before-close',
    'An endpoint sends GOAWAY before it closes a connection, so that the other knows what was processed.',
  ),
  settings.must(
    'wire/rfc9113/unknown-settings-ignored',
    'Settings that are unknown or unsupported are ignored.',
  ),
  settings.must(
    'wire/rfc9113/push-only-if-enabled',
    'No PUSH_PROMISE is sent to a client that disabled push.',
  ),
  settingsSync.must(
    'wire/rfc9113/settings-acknowledged',
    'SETTINGS are applied and then acknowledged at once.',
  ),
  ping.must(
    'wire/rfc9113/ping-acknowledged',
    'A PING is answered by a PING with the ACK flag and the same payload.',
  ),
  continuation.must(
    'wire/rfc9113/continuation-uninterrupted',
    'Another frame between HEADERS and its CONTINUATION is a connection error.',
  ),
  messages.must(
    'wire/rfc9113/response-framing',
    'A response is HEADERS, DATA and perhaps trailers, and ends with END_STREAM.',
    { definition: true },
  ),
  messages.must(
    'wire/rfc9113/trailers-end-stream',
    'Trailers end the stream and have no pseudo-header fields.',
  ),
  malformed.must(
    'wire/rfc9113/malformed-stream-error',
    'A malformed request is a stream error of type PROTOCOL_ERROR or a generic one (§5.4); an HTTP response may precede it.',
  ),
  malformed.must(
    'wire/rfc9113/content-length-mismatch',
    'A request whose content-length differs from the sum of its DATA is malformed.',
    { definition: true },
  ),
  malformed.must(
    'wire/rfc9113/response-content-length',
    'A response with content whose content-length differs from the sum of its DATA is malformed.',
    { definition: true },
  ),
  fields.must(
    'wire/rfc9113/names-lowercase',
    'Field names are lowercase in messages that are sent.',
  ),
  validity.must(
    'wire/rfc9113/field-validity',
    'A field with a forbidden octet, upper case in its name or whitespace around its value is malformed.',
  ),
  connectionFields.must(
    'wire/rfc9113/no-connection-fields-sent',
    'No response carries connection-specific fields, whatever the application gave.',
  ),
  connectionFields.must(
    'wire/rfc9113/connection-fields-malformed',
    'A request with connection-specific fields, TE: trailers excepted, is malformed.',
  ),
  cookies.must(
    'wire/rfc9113/cookie-joined',
    'Split Cookie fields are joined before they leave HTTP/2, while ASGI passes them on as received.',
    {
      untestable:
        'ASGI defines the opposite on purpose, so that neither form can be held against a server.',
    },
  ),
  pseudo.must(
    'wire/rfc9113/pseudo-header-order',
    'Pseudo-header fields that are unknown, repeated or after a regular field are malformed.',
  ),
  requestPseudo.must(
    'wire/rfc9113/authority-over-host',
    'The target comes from :authority where it is present, not from Host.',
    {
      untestable:
        'What a server takes for the target shows in the host that it tells: judged as http/scope/authority-as-host.',
    },
  ),
  requestPseudo.should(
    'wire/rfc9113/authority-host-mismatch',
    'A request whose Host names another entity than :authority should be treated as malformed.',
  ),
  requestPseudo.must(
    'wire/rfc9113/required-pseudo-headers',
    'A request without exactly one valid :method, :scheme and :path is malformed, CONNECT excepted.',
  ),
  responsePseudo.must(
    'wire/rfc9113/status-pseudo-header',
    'Every response, interim ones too, has a single :status.',
  ),
  overview.should(
    'wire/rfc9113/streams-independent',
    'A request or response that is blocked or stalled does not prevent progress on other streams.',
    {
      reading:
        'A statement without a word such as must, of streams that are "largely independent".',
    },
  ),
  flowUse.must(
    'wire/rfc9113/frames-read-promptly',
    'Frames are read and processed as soon as they are there, whoever waits for what else.',
  ),
  goAway.must(
    'wire/rfc9113/goaway-last-stream',
    'GOAWAY names the highest stream that was or may yet be acted on.',
    { definition: true },
  ),
  states.must(
    'wire/rfc9113/stream-closed',
    'DATA or HEADERS behind END_STREAM are an error of the stream, of type STREAM_CLOSED or a generic one (§5.4).',
  ),
  states.must(
    'wire/rfc9113/idle-stream',
    'A frame on an idle stream, HEADERS and PRIORITY excepted, is a connection error, PROTOCOL_ERROR or generic (§5.4).',
  ),
  flowWindow.must(
    'wire/rfc9113/window-overflow',
    'A window beyond 2^31-1 ends its stream, or its connection, with FLOW_CONTROL_ERROR or a generic error (§5.4).',
  ),
  windowUpdate.must(
    'wire/rfc9113/window-increment-zero',
    'A WINDOW_UPDATE by 0 is an error of its stream, or of the connection, of type PROTOCOL_ERROR or a generic one (§5.4).',
  ),
  data.must(
    'wire/rfc9113/padding-too-long',
    'Padding not shorter than the payload of its DATA frame is a connection error, PROTOCOL_ERROR or generic (§5.4).',
  ),
  data.must(
    'wire/rfc9113/stream-required',
    'DATA, or another frame of a stream (§6.2 to §6.10), with the stream identifier 0 is a connection error.',
  ),
  continuation.must(
    'wire/rfc9113/continuation-alone',
    'CONTINUATION without an unfinished field block before it is a connection error, PROTOCOL_ERROR or generic (§5.4).',
  ),
  states.must(
    'wire/rfc9113/frames-after-own-reset',
    'Frames that come on a stream which the server has reset are minimally processed and then discarded.',
  ),
  streamErrors.must(
    'wire/rfc9113/stream-error-alone',
    'An error of one stream, of which RST_STREAM tells, does not affect the processing of others.',
    { definition: true },
  ),
  rstStream.must(
    'wire/rfc9113/silent-after-reset',
    'When RST_STREAM has been received, no more frames are sent on its stream, PRIORITY excepted.',
  ),
  streamErrors.must(
    'wire/rfc9113/no-reset-for-reset',
    'RST_STREAM is not answered with RST_STREAM.',
  ),
  settingsFrame.must(
    'wire/rfc9113/settings-of-connection',
    'SETTINGS on a stream are a connection error of type PROTOCOL_ERROR or a generic one (§5.4).',
  ),
  settings.must(
    'wire/rfc9113/setting-values',
    'A value that its setting does not allow is a connection error, of the type it names or a generic one (§5.4).',
  ),
  ping.must(
    'wire/rfc9113/ping-of-connection',
    'A PING on a stream is a connection error of type PROTOCOL_ERROR or a generic one (§5.4).',
  ),
  ping.must('wire/rfc9113/pong-unanswered', 'A PING with the ACK flag is not answered.'),
  goAway.must(
    'wire/rfc9113/goaway-of-connection',
    'GOAWAY on a stream is a connection error of type PROTOCOL_ERROR or a generic one (§5.4).',
  ),
  serverPush.must(
    'wire/rfc9113/push-by-client',
    'A PUSH_PROMISE of a client is a connection error of type PROTOCOL_ERROR or a generic one (§5.4).',
  ),
  pushPromise.must(
    'wire/rfc9113/push-on-client-stream',
    'PUSH_PROMISE is sent only on streams that the client has initiated.',
  ),
]
