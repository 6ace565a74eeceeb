import type { Clause } from '../../evidence/clause.ts'
import { RFC7692 } from './documents.ts'
import { section } from './section.ts'

const negotiation = section(RFC7692, '§5 Extension Negotiation')
const sending = section(RFC7692, '§6.1 Compression')
const receiving = section(RFC7692, '§6.2 Decompression')
const deflate = section(RFC7692, '§7 The "permessage-deflate" Extension')
const clientWindow = section(RFC7692, '§7.1.2.2 client_max_window_bits')
const deflating = section(RFC7692, '§7.2.1 Compression')
const inflating = section(RFC7692, '§7.2.2 Decompression')

/** Compression of WebSocket messages on the wire. */
export const RFC7692_CLAUSES: readonly Clause[] = [
  negotiation.permits(
    'wire/rfc7692/offer-declined',
    'A server may decline every offer, by not naming the extension in its response.',
  ),
  sending.must(
    'wire/rfc7692/rsv1-first-data-frame-only',
    'The compressed bit, RSV1, stands on the first frame of a data message and on no other frame.',
  ),
  sending.must(
    'wire/rfc7692/rsv1-elsewhere-fails',
    'RSV1 on a control frame or a later fragment fails the connection.',
  ),
  sending.may(
    'wire/rfc7692/uncompressed-message',
    'Single messages may be sent uncompressed after the extension was agreed on.',
  ),
  receiving.must(
    'wire/rfc7692/both-kinds-received',
    'Compressed and uncompressed messages are both received once the extension is agreed on.',
  ),
  deflate.must(
    'wire/rfc7692/unknown-parameter-declined',
    'An offer with a parameter that is not defined for offers is declined.',
  ),
  deflate.must(
    'wire/rfc7692/invalid-value-declined',
    'An offer with an invalid parameter value is declined.',
  ),
  deflate.must(
    'wire/rfc7692/duplicate-parameter-declined',
    'An offer that names a parameter twice is declined.',
  ),
  deflate.must(
    'wire/rfc7692/unsupported-configuration-declined',
    'An offer of a configuration that the server does not support is declined.',
  ),
  deflating.must(
    'wire/rfc7692/server-no-context-takeover',
    'A server that accepts server_no_context_takeover says so and compresses each message afresh.',
  ),
  inflating.must(
    'wire/rfc7692/client-context-takeover',
    'Unless agreed otherwise, the window of a client lives on from message to message.',
  ),
  deflating.must(
    'wire/rfc7692/server-max-window-bits',
    'A server that accepts server_max_window_bits answers with a value no larger and keeps to it.',
  ),
  clientWindow.must(
    'wire/rfc7692/client-max-window-bits-only-if-offered',
    'client_max_window_bits is in the response only when the offer had it.',
  ),
  receiving.must(
    'wire/rfc7692/transparent',
    'A message has the same content with compression as without.',
  ),
  clientWindow.must(
    'wire/rfc7692/client-max-window-bits-value',
    'client_max_window_bits in a response has a value, a number of bits from 8 to 15.',
  ),
]
