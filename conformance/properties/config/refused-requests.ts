import fc from 'fast-check'
import { binary } from '../../testers/exchange.ts'
import type { Trial } from '../../testers/trial.ts'
import { exchangeProperty, type Property } from '../property.ts'

const CLAUSE = 'config/refusals'

/** A request that must be refused, and how. */
interface Refusal {
  readonly status: number
  readonly bytes: string
}

const END = '0\r\n\r\n'

const plain = (status: number, line: string, ...fields: readonly string[]): Refusal => ({
  status,
  bytes: `${[line, ...fields].join('\r\n')}\r\n\r\n`,
})
const get = (status: number, ...fields: readonly string[]): Refusal =>
  plain(status, 'GET / HTTP/1.1', 'Host: a', ...fields)
const target = (status: number, method: string, text: string): Refusal =>
  plain(status, `${method} ${text} HTTP/1.1`, 'Host: a')
const coded = (status: number, ...codings: readonly string[]): Refusal => {
  const lines = codings.map((coding) => `Transfer-Encoding: ${coding}`)
  const head = plain(status, 'POST / HTTP/1.1', 'Host: a', ...lines)
  return { status, bytes: `${head.bytes}5\r\nhello\r\n${END}` }
}
const chunked = (status: number, body: string): Refusal => ({
  status,
  bytes: `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
})

const fields = (count: number): readonly string[] => Array.from({ length: count }, () => 'X: 1')
const handshake = (status: number, ...own: readonly string[]): Refusal =>
  get(status, 'Connection: Upgrade', 'Upgrade: websocket', ...own)
const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='

/** The lines of docs/server.md, "What is refused", that ask for bytes and no time. */
const REFUSALS: readonly Refusal[] = [
  { status: 400, bytes: 'GET / HTTP/1.1\nHost: a\r\n\r\n' },
  { status: 400, bytes: 'GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n' },
  { status: 400, bytes: 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n' },
  plain(400, 'GET  / HTTP/1.1', 'Host: a'),
  plain(400, 'GET / HTTP/1.1 ', 'Host: a'),
  plain(400, 'GET /'),
  plain(505, 'GET / HTTP/3.0', 'Host: a'),
  plain(400, 'GET / HTTP/1.10', 'Host: a'),
  plain(400, 'GET / http/1.1', 'Host: a'),
  target(400, 'GET', '/a#b'),
  target(400, 'GET', '/\x7f'),
  target(400, 'GET', '/\xe9'),
  target(400, 'GET', '*'),
  target(400, 'GET', 'http://user@a/'),
  target(501, 'CONNECT', 'a:80'),
  plain(400, 'GET / HTTP/1.1'),
  plain(400, 'GET http://a/ HTTP/1.1'),
  get(400, 'Host: a'),
  plain(400, 'GET / HTTP/1.1', 'Host:'),
  plain(400, 'GET / HTTP/1.1', 'Host: a:8x'),
  plain(400, 'GET / HTTP/1.1', 'Host: a b'),
  get(400, 'X: 1', ' folded'),
  get(400, 'X : 1'),
  get(400, ': 1'),
  get(400, 'X(: 1'),
  get(400, 'X: a\x01b'),
  get(400, 'X: a\x7fb'),
  get(400, 'Content-Length: +5'),
  get(400, 'Content-Length: 05'),
  get(400, 'Content-Length: 5, 5'),
  get(400, 'Content-Length: 5', 'Content-Length: 5'),
  get(400, 'Content-Length: 1000000000000000'),
  get(400, 'Content-Length: 5', 'Transfer-Encoding: chunked'),
  plain(400, 'POST / HTTP/1.0', 'Transfer-Encoding: chunked'),
  coded(400, 'gzip'),
  coded(400, 'chunked, gzip'),
  coded(400, 'chunked, chunked'),
  coded(400, 'chunked', 'chunked'),
  coded(501, 'gzip, chunked'),
  get(400, 'Content_Length: 5'),
  get(400, 'Transfer_Encoding: chunked'),
  chunked(400, `0x5\r\nhello\r\n${END}`),
  chunked(400, `+5\r\nhello\r\n${END}`),
  chunked(400, `5 \r\nhello\r\n${END}`),
  chunked(400, '1000000000001\r\n'),
  chunked(400, `5\r\nhello!\r\n${END}`),
  chunked(400, `5;a="b\r\nhello\r\n${END}`),
  chunked(413, `5;${'a'.repeat(16_385)}\r\nhello\r\n${END}`),
  chunked(413, `5;${'a'.repeat(4000)}\r\nhello\r\n`.repeat(5)),
  ...['Content-Length: 5', 'Host: a', 'Authorization: b', 'Content-Type: c/d'].map((field) =>
    chunked(400, `5\r\nhello\r\n0\r\n${field}\r\n\r\n`),
  ),
  chunked(400, '5\r\nhello\r\n0\r\nX: 1\r\nAuthorization: b\r\n\r\n'),
  plain(414, `GET /${'a'.repeat(17_000)} HTTP/1.1`, 'Host: a'),
  get(431, ...fields(101)),
  get(431, `X: ${'a'.repeat(66_000)}`),
  chunked(431, `5\r\nhello\r\n0\r\n${fields(101).join('\r\n')}\r\n\r\n`),
  chunked(431, `5\r\nhello\r\n0\r\nX: ${'a'.repeat(66_000)}\r\n\r\n`),
  handshake(426, 'Sec-WebSocket-Version: 12', KEY),
  handshake(400, 'Sec-WebSocket-Version: 13'),
  handshake(400, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: c2hvcnQ='),
]

const PARTS = 6

/** Stricter than RFC 9112 asks of a server, as its manual says that it is. */
export const refusedRequests: Property = exchangeProperty({
  id: CLAUSE,
  law: 'each request that the manual lists as refused gets the status that is given there, and the end of the connection',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'documented/refusals'],
  enough: 24,
  caseOf: ({ part }) => String(part),
  program: fc.record({
    /** Every line is in one of them, so that none is left to chance. */
    part: fc.nat(PARTS - 1),
    cut: fc.nat(999),
  }),
  async run(trial, { part, cut }) {
    const refusals = REFUSALS.filter((_, index) => index % PARTS === part)
    for (const refusal of refusals) await judgeRefused(trial, refusal, cut)
  },
})

/** The head comes in two pieces: "the verdict on the same bytes does not depend on how they were cut". */
async function judgeRefused(trial: Trial, { status, bytes }: Refusal, cut: number): Promise<void> {
  const channel = await trial.connect()
  const { wire } = channel
  wire.reader.expect('GET')
  const answered = wire.response()
  const headBytes = bytes.indexOf('\r\n\r\n')
  await trial.write(channel, binary(bytes), [Math.floor((cut * headBytes) / 1000)])
  const response = await trial.iut.within(answered, CLAUSE, 'an answer')
  const seen = response === null ? 'a close' : `status ${response.status}`
  trial.check(
    CLAUSE,
    response?.status === status,
    `status ${status} for ${JSON.stringify(bytes.slice(0, SHOWN))}`,
    () => seen,
  )
  await trial.iut.within(wire.closed, CLAUSE, 'the end of the connection')
}

/** As much of a request as a finding needs. */
const SHOWN = 120
