import type { Clause } from '../../evidence/clause.ts'
import { RFC8441 } from './documents.ts'
import { section } from './section.ts'

const setting = section(RFC8441, '§3 The SETTINGS_ENABLE_CONNECT_PROTOCOL SETTINGS Parameter')
const method = section(RFC8441, '§4 The Extended CONNECT Method')
const bootstrap = section(RFC8441, '§5 Using Extended CONNECT to Bootstrap the WebSocket Protocol')

/** WebSocket over one stream of HTTP/2. */
export const RFC8441_CLAUSES: readonly Clause[] = [
  setting.must(
    'wire/rfc8441/setting-value',
    'SETTINGS_ENABLE_CONNECT_PROTOCOL is 0 or 1, and never 0 after it was 1.',
  ),
  method.must(
    'wire/rfc8441/extended-connect',
    'A server that announces the setting takes an extended CONNECT, its :protocol websocket.',
    { definition: true },
  ),
  bootstrap.must(
    'wire/rfc8441/accepted-by-2xx',
    'An accepted handshake is answered with a 2xx status, after which the stream carries frames of WebSocket.',
    {
      definition: true,
      reading:
        'The status is that of an example (§5.1), and of any CONNECT that succeeds (RFC 9110 §9.3.6).',
    },
  ),
  bootstrap.must(
    'wire/rfc8441/no-key-processing',
    'Sec-WebSocket-Key and Sec-WebSocket-Accept are not processed; :protocol stands for Upgrade.',
    { definition: true },
  ),
  bootstrap.must(
    'wire/rfc8441/orderly-close',
    'The orderly close of TCP, which RFC 6455 §7.1.1 wants of the server, is represented as END_STREAM.',
    { definition: true },
  ),
]
