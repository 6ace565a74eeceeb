import type { Clause } from '../../evidence/clause.ts'
import { RFC6455 } from './documents.ts'
import { section } from './section.ts'

const reading = section(RFC6455, "§4.2.1 Reading the Client's Opening Handshake")
const sending = section(RFC6455, "§4.2.2 Sending the Server's Opening Handshake")
const sentFields = section(RFC6455, '§11.3 Registration of New HTTP Header Fields')
const versions = section(RFC6455, '§4.4 Supporting Multiple Versions')
const framing = section(RFC6455, '§5.1 Overview')
const base = section(RFC6455, '§5.2 Base Framing Protocol')
const fragmentation = section(RFC6455, '§5.4 Fragmentation')
const control = section(RFC6455, '§5.5 Control Frames')
const closeFrame = section(RFC6455, '§5.5.1 Close')
const ping = section(RFC6455, '§5.5.2 Ping')
const pong = section(RFC6455, '§5.5.3 Pong')
const data = section(RFC6455, '§5.6 Data Frames')
const receiving = section(RFC6455, '§6.2 Receiving Data')
const ending = section(RFC6455, '§7.1.1 Close the WebSocket Connection')
const closeCode = section(RFC6455, '§7.1.5 The WebSocket Connection Close Code')
const closeReason = section(RFC6455, '§7.1.6 The WebSocket Connection Close Reason')
const normalClosure = section(RFC6455, '§7.3 Normal Closure of Connections')
const failing = section(RFC6455, '§7.1.7 Fail the WebSocket Connection')
const codes = section(RFC6455, '§7.4.1 Defined Status Codes')
const ranges = section(RFC6455, '§7.4.2 Reserved Status Code Ranges')
const utf8 = section(RFC6455, '§8.1 Handling Errors in UTF-8-Encoded Data')
const extensions = section(RFC6455, '§9 Extensions')
const limits = section(RFC6455, '§10.4 Implementation-Specific Limits')

/** Who sends a Close frame answers for its code. */
const CODE_OF_APPLICATION =
  'It is the server that sends the frame, whoever chose the code: a code that no frame may have makes the event invalid, and it may refuse it.'

const CODE_DEFINED =
  'A definition: what an application is told of the code is judged as websocket/disconnect/code.'

const HANDSHAKE_CLAUSES: readonly Clause[] = [
  reading.must(
    'wire/rfc6455/handshake-invalid',
    'A handshake that departs from its description is not completed and gets an HTTP error such as 400.',
  ),
  reading.must(
    'wire/rfc6455/handshake-answered',
    'A handshake that the server stops processing gets an HTTP response, not the mere end of the connection.',
  ),
  reading.must(
    'wire/rfc6455/handshake-get',
    'The handshake is a GET request of HTTP/1.1 or higher.',
  ),
  reading.must(
    'wire/rfc6455/handshake-case-insensitive',
    'websocket in Upgrade and Upgrade in Connection are compared without regard to case.',
    { definition: true },
  ),
  reading.must(
    'wire/rfc6455/handshake-key',
    'There is one Sec-WebSocket-Key (no more than one by §11.3.1), which decodes from base64 to 16 bytes.',
    {
      reading:
        'That a handshake has "a" key is taken for one and no more, as §11.3.1 forbids the client a second.',
    },
  ),
  reading.must(
    'wire/rfc6455/handshake-unknown-fields',
    'Unknown header fields in the handshake are ignored.',
    { definition: true },
  ),
  sending.must(
    'wire/rfc6455/version-unsupported',
    'A version that the server does not understand gets an HTTP error such as 426 with the ones it does.',
  ),
  sending.must(
    'wire/rfc6455/subprotocol-from-offer',
    'The subprotocol in the response is one that the client offered.',
    {
      reading: 'It is the server that sends the field, whoever chose it: it may refuse the event.',
    },
  ),
  sending.must(
    'wire/rfc6455/no-subprotocol-no-field',
    'A server that agrees on no subprotocol sends no Sec-WebSocket-Protocol field.',
  ),
  sending.must(
    'wire/rfc6455/handshake-response',
    'An accepted handshake gets 101 with Upgrade: websocket and Connection: Upgrade.',
  ),
  sending.must(
    'wire/rfc6455/handshake-response-valid',
    'The answer that accepts a handshake is a valid HTTP response, whatever headers it was given.',
  ),
  sentFields.must(
    'wire/rfc6455/response-fields-once',
    'Sec-WebSocket-Accept and Sec-WebSocket-Protocol appear in a response no more than once each.',
    {
      reading: 'It is the server that sends the field, whoever wrote it: it may refuse the event.',
    },
  ),
  sending.must(
    'wire/rfc6455/accept-key',
    'Sec-WebSocket-Accept is the base64 SHA-1 of the key joined with the fixed GUID.',
  ),
  versions.must(
    'wire/rfc6455/versions-listed',
    'The answer to an unsupported version lists all versions that the server would use.',
  ),
  extensions.must(
    'wire/rfc6455/extensions-from-offer',
    'The response names no extension that the client did not request.',
  ),
]

const FRAME_CLAUSES: readonly Clause[] = [
  framing.must(
    'wire/rfc6455/unmasked-frame-closes',
    'A frame that is not masked makes the server close the connection.',
  ),
  framing.permits(
    'wire/rfc6455/unmasked-frame-1002',
    'The close for an unmasked frame may carry status 1002.',
  ),
  framing.must('wire/rfc6455/server-frames-unmasked', 'No frame of the server is masked.'),
  base.must(
    'wire/rfc6455/rsv-bits',
    'A reserved bit that no negotiated extension defines fails the connection.',
  ),
  base.must('wire/rfc6455/unknown-opcode', 'An unknown opcode fails the connection.'),
  base.must(
    'wire/rfc6455/length-minimal',
    'Payload lengths are sent in the smallest form that holds them.',
  ),
  base.must(
    'wire/rfc6455/length-msb-zero',
    'The most significant bit of a 64-bit payload length is 0.',
  ),
  fragmentation.must(
    'wire/rfc6455/fragments-supported',
    'Fragmented messages are received as well as unfragmented ones.',
  ),
  fragmentation.must(
    'wire/rfc6455/fragments-in-order',
    'The content of a fragmented message is that of its fragments in order.',
  ),
  fragmentation.must(
    'wire/rfc6455/no-interleaving',
    'Fragments of one message are not interleaved with those of another.',
  ),
  fragmentation.must(
    'wire/rfc6455/continuation-needs-start',
    'A continuation frame only follows an unfinished message, and a new message only a finished one.',
    { definition: true },
  ),
  fragmentation.must(
    'wire/rfc6455/control-between-fragments',
    'Control frames are handled in the middle of a fragmented message.',
  ),
  control.must(
    'wire/rfc6455/control-frame-length',
    'A control frame has at most 125 bytes of payload.',
  ),
  control.must('wire/rfc6455/control-frame-whole', 'A control frame is not fragmented.'),
  ping.must(
    'wire/rfc6455/ping-answered',
    'A Ping is answered with a Pong, unless a Close has been received.',
  ),
  ping.must(
    'wire/rfc6455/ping-answered-closing',
    "A Ping behind the server's own Close is answered too, as long as no Close has been received.",
    {
      untestable:
        'By §5.5.1 there is no guarantee that an endpoint which has sent a Close continues to process data.',
    },
  ),
  ping.should('wire/rfc6455/ping-answered-soon', 'The Pong comes as soon as is practical.'),
  pong.must(
    'wire/rfc6455/pong-payload',
    'A Pong carries the application data of the Ping that it answers.',
  ),
  pong.permits(
    'wire/rfc6455/pong-most-recent',
    'Of several unanswered Pings only the most recent one need be answered.',
  ),
  pong.may(
    'wire/rfc6455/pong-unsolicited',
    'A Pong may come unsolicited, and nothing is expected in return.',
  ),
  data.must('wire/rfc6455/text-utf8', 'The whole of a text message is valid UTF-8.'),
  receiving.must('wire/rfc6455/unmasking', 'Masking is removed from the data that clients send.'),
  utf8.must(
    'wire/rfc6455/invalid-utf8-fails',
    'Bytes that are not UTF-8 where UTF-8 is due fail the connection.',
  ),
]

const CLOSING_CLAUSES: readonly Clause[] = [
  closeFrame.must(
    'wire/rfc6455/close-body',
    'The body of a Close, if there is one, begins with a two-byte status code.',
  ),
  closeFrame.should(
    'wire/rfc6455/close-reason-utf8',
    'What follows the status code in a Close is UTF-8.',
    {
      reading:
        'The text says that the body may contain UTF-8-encoded data there: that it holds nothing else follows.',
    },
  ),
  closeFrame.must(
    'wire/rfc6455/no-data-after-close',
    'No data frame follows a Close that was sent.',
    {
      reading:
        'Who sends frames is the server: by §6.1 an endpoint makes sure that the connection is open before each, whatever its application asks of it.',
    },
  ),
  closeFrame.must(
    'wire/rfc6455/close-answered',
    'A Close that is received is answered with a Close, unless one was sent before.',
  ),
  closeFrame.should(
    'wire/rfc6455/close-answered-soon',
    'The answering Close comes as soon as practical.',
  ),
  closeFrame.must(
    'wire/rfc6455/tcp-closed-by-server',
    'After Close frames both ways the server closes the TCP connection immediately.',
  ),
  ending.should(
    'wire/rfc6455/clean-close',
    'The TCP connection and TLS session are closed cleanly.',
  ),
  closeCode.must(
    'wire/rfc6455/close-code-first-received',
    'The close code of a connection is that of the first Close frame received.',
    { definition: true, untestable: CODE_DEFINED },
  ),
  closeCode.must(
    'wire/rfc6455/close-code-1005',
    'The close code of a connection is 1005 when the Close frame has none.',
    { definition: true, untestable: CODE_DEFINED },
  ),
  closeCode.should(
    'wire/rfc6455/close-code-1006',
    'The close code of a connection is 1006 when it closed without a Close frame.',
    {
      reading:
        'RFC 6455 defines the code; www.rst has the event tell it "as per the WebSocket spec". Its 1005 is for a frame of the client that has no code: here no frame came.',
    },
  ),
  closeReason.must(
    'wire/rfc6455/close-reason',
    'The close reason of a connection is that of the first Close frame received, or empty.',
    { definition: true },
  ),
  failing.must('wire/rfc6455/fail-closes', 'Failing the connection means closing it.'),
  failing.should(
    'wire/rfc6455/fail-close-frame',
    'A connection that fails gets a Close first, unless its peer is likely past hearing it; unmasked frames are excepted.',
    {
      reading:
        'The nature of the error makes a peer deaf that sends frames without a mask, as it speaks something else; no other error of a frame does.',
    },
  ),
  failing.should(
    'wire/rfc6455/failure-starts-handshake',
    'A connection that must end as the application of the server has failed gets a Close first, too.',
    {
      reading:
        'It is asgi.rst that requires the end of the connection then; §7.4.1 has a code for the Close: 1011.',
    },
  ),
  failing.must(
    'wire/rfc6455/fail-stops-processing',
    'After failing the connection no further data of the peer is processed.',
  ),
  failing.should('wire/rfc6455/fail-logged', 'A server that fails a connection logs the problem.', {
    untestable:
      'Neither place nor wording of the entry is defined, so that no absence can be shown.',
  }),
  normalClosure.should(
    'wire/rfc6455/server-close-starts-handshake',
    'A server that closes a connection, as it may at any time, starts the closing handshake: it sends a Close.',
    {
      reading:
        'A statement without a word such as must; §7.1.1 allows other means "when necessary, such as when under attack".',
    },
  ),
  codes.must(
    'wire/rfc6455/reserved-codes-not-sent',
    'The codes 1005, 1006 and 1015 are never sent in a Close frame.',
    { reading: CODE_OF_APPLICATION },
  ),
  codes.permits(
    'wire/rfc6455/defined-codes',
    'The defined codes may be used: 1002 for a protocol error, 1007 for bad UTF-8, 1009 for size.',
  ),
  ranges.must('wire/rfc6455/codes-below-1000', 'Status codes below 1000 are not used.', {
    definition: true,
    reading: `By §5.5.1 the body of a Close has to begin with a code of these ranges. ${CODE_OF_APPLICATION}`,
  }),
  limits.should(
    'wire/rfc6455/message-size-limited',
    'An implementation that has its limits bounds the size of a message that is put together from frames.',
  ),
  codes.should(
    'wire/rfc6455/code-1000-normal',
    'Code 1000 means that the purpose of a connection has been fulfilled: it is not for an application that failed.',
    { reading: 'A definition, without a word such as should.' },
  ),
]

/** The WebSocket protocol on the wire. */
export const RFC6455_CLAUSES: readonly Clause[] = [
  ...HANDSHAKE_CLAUSES,
  ...FRAME_CLAUSES,
  ...CLOSING_CLAUSES,
]
