import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { eachByte, traceOf } from '../testing/machine-trace.ts'

interface Vector {
  readonly what: string
  readonly bytes: string
}

interface Refusal extends Vector {
  readonly status: number
}

const get = (fields: string): string => `GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`
const post = (fields: string, body: string): string =>
  `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}`
const chunked = (body: string): string => post('Transfer-Encoding: chunked\r\n', body)
const long = (length: number): string => 'a'.repeat(length)

/** RFC 9112 §2 to §7, RFC 9110 §5 and §8: what is refused, beside the nearest thing that is not. */
const REFUSED: readonly Refusal[] = [
  {
    what: 'LF alone after the request line',
    status: 400,
    bytes: 'GET / HTTP/1.1\nHost: a\r\n\r\n',
  },
  {
    what: 'CR alone after the request line',
    status: 400,
    bytes: 'GET / HTTP/1.1\rHost: a\r\n\r\n',
  },
  { what: 'LF alone after a field', status: 400, bytes: 'GET / HTTP/1.1\r\nHost: a\n\r\n' },
  {
    what: 'two spaces in the request line',
    status: 400,
    bytes: 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  { what: 'a tab in the request line', status: 400, bytes: 'GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n' },
  { what: 'a space in the target', status: 400, bytes: 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n' },
  { what: 'a fragment in the target', status: 400, bytes: 'GET /#f HTTP/1.1\r\nHost: a\r\n\r\n' },
  {
    what: 'raw UTF-8 in the target',
    status: 400,
    bytes: 'GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  { what: 'no target', status: 400, bytes: 'GET HTTP/1.1\r\nHost: a\r\n\r\n' },
  { what: 'HTTP/0.9', status: 400, bytes: 'GET /\r\n\r\n' },
  { what: 'HTTP/9.9', status: 505, bytes: 'GET / HTTP/9.9\r\nHost: a\r\n\r\n' },
  { what: 'http in lower case', status: 400, bytes: 'GET / http/1.1\r\nHost: a\r\n\r\n' },
  { what: 'a version without minor digit', status: 400, bytes: 'GET / HTTP/1\r\nHost: a\r\n\r\n' },
  { what: 'the target * with GET', status: 400, bytes: 'GET * HTTP/1.1\r\nHost: a\r\n\r\n' },
  { what: 'CONNECT', status: 501, bytes: 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n' },
  { what: 'no Host in HTTP/1.1', status: 400, bytes: 'GET / HTTP/1.1\r\nX: y\r\n\r\n' },
  { what: 'two Hosts', status: 400, bytes: get('Host: a\r\n') },
  { what: 'userinfo in Host', status: 400, bytes: 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n' },
  {
    what: 'a port in Host that is no number',
    status: 400,
    bytes: 'GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n',
  },
  { what: 'a broken escape in Host', status: 400, bytes: 'GET / HTTP/1.1\r\nHost: a%zz\r\n\r\n' },
  { what: 'a cut escape in Host', status: 400, bytes: 'GET / HTTP/1.1\r\nHost: a%4\r\n\r\n' },
  { what: 'a Host without a host', status: 400, bytes: 'GET / HTTP/1.1\r\nHost: :80\r\n\r\n' },
  { what: 'an open bracket in Host', status: 400, bytes: 'GET / HTTP/1.1\r\nHost: [::1\r\n\r\n' },
  ...['hello', '1:2:3', '1.2.3.4', ':::::', '1::2::3', '12345::', 'fe80::1%25lo', 'v1', 'v.a'].map(
    (literal) => ({
      what: `the literal [${literal}] in Host`,
      status: 400,
      bytes: `GET / HTTP/1.1\r\nHost: [${literal}]\r\n\r\n`,
    }),
  ),
  {
    what: 'a literal that is no address in a target',
    status: 400,
    bytes: 'GET http://[1:2:3]/ HTTP/1.1\r\nHost: a\r\n\r\n',
  },
  { what: 'a path in Host', status: 400, bytes: 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n' },
  { what: 'two names in one Host', status: 400, bytes: 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n' },
  { what: 'a folded field value', status: 400, bytes: get('X: y\r\n z\r\n') },
  { what: 'a space before the colon', status: 400, bytes: get('X : y\r\n') },
  { what: 'a field without a name', status: 400, bytes: get(': y\r\n') },
  { what: 'a field without a colon', status: 400, bytes: get('X\r\n') },
  { what: 'a bracket in a field name', status: 400, bytes: get('X[: y\r\n') },
  { what: 'NUL in a field value', status: 400, bytes: get('X: a\0b\r\n') },
  { what: 'CR in a field value', status: 400, bytes: get('X: a\rb\r\n') },
  { what: 'DEL in a field value', status: 400, bytes: get('X: a\x7fb\r\n') },
  { what: 'a length with sign', status: 400, bytes: post('Content-Length: +5\r\n', 'hello') },
  { what: 'an empty length', status: 400, bytes: post('Content-Length:\r\n', '') },
  { what: 'a padded length', status: 400, bytes: post('Content-Length: 05\r\n', 'hello') },
  { what: 'a listed length', status: 400, bytes: post('Content-Length: 5, 5\r\n', 'hello') },
  {
    what: 'two lengths that agree',
    status: 400,
    bytes: post('Content-Length: 5\r\nContent-Length: 5\r\n', 'hello'),
  },
  {
    what: 'a length beyond a double',
    status: 400,
    bytes: post(`Content-Length: ${'9'.repeat(20)}\r\n`, ''),
  },
  { what: 'a length in disguise', status: 400, bytes: post('Content_Length: 5\r\n', 'hello') },
  {
    what: 'length and chunks',
    status: 400,
    bytes: post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
  },
  { what: 'an unknown coding', status: 400, bytes: post('Transfer-Encoding: gzip\r\n', '') },
  {
    what: 'a coding before chunked',
    status: 501,
    bytes: post('Transfer-Encoding: gzip, chunked\r\n', ''),
  },
  {
    what: 'chunked twice',
    status: 400,
    bytes: post('Transfer-Encoding: chunked, chunked\r\n', ''),
  },
  {
    what: 'chunked not last',
    status: 400,
    bytes: post('Transfer-Encoding: chunked, gzip\r\n', ''),
  },
  { what: 'an empty coding', status: 400, bytes: post('Transfer-Encoding:\r\n', '') },
  {
    what: 'chunks in HTTP/1.0',
    status: 400,
    bytes: 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  },
  { what: 'a chunk size with prefix', status: 400, bytes: chunked('0x5\r\nhello\r\n0\r\n\r\n') },
  { what: 'a chunk size with space', status: 400, bytes: chunked('5 \r\nhello\r\n0\r\n\r\n') },
  { what: 'an empty chunk size', status: 400, bytes: chunked('\r\nhello\r\n0\r\n\r\n') },
  { what: 'a huge chunk size', status: 400, bytes: chunked('fffffffffffffffff\r\n') },
  { what: 'a nameless extension', status: 400, bytes: chunked('5;\r\nhello\r\n0\r\n\r\n') },
  { what: 'NUL in an extension', status: 400, bytes: chunked('5;a\0\r\nhello\r\n0\r\n\r\n') },
  { what: 'LF alone after a chunk size', status: 400, bytes: chunked('5\nhello\r\n0\r\n\r\n') },
  { what: 'LF alone after chunk data', status: 400, bytes: chunked('5\r\nhello\n0\r\n\r\n') },
  {
    what: 'more data than the chunk size',
    status: 400,
    bytes: chunked('5\r\nhello!!\r\n0\r\n\r\n'),
  },
  { what: 'endless extensions', status: 413, bytes: chunked(`5;${long(20_000)}\r\n`) },
  { what: 'endless zeros before a size', status: 413, bytes: chunked('0'.repeat(20_000)) },
  {
    what: 'short extensions of very many chunks',
    status: 413,
    bytes: chunked('1;a\r\nx\r\n'.repeat(10_000)),
  },
  { what: 'a length as trailer', status: 400, bytes: chunked('0\r\nContent-Length: 5\r\n\r\n') },
  { what: 'a request line too long', status: 414, bytes: `GET /${long(20_000)} HTTP/1.1\r\n` },
  { what: 'a field too long', status: 431, bytes: get(`X: ${long(70_000)}\r\n`) },
  { what: 'too many fields', status: 431, bytes: get('X: y\r\n'.repeat(101)) },
]

const ACCEPTED: readonly Vector[] = [
  { what: 'empty lines before the request line', bytes: `\r\n\r\n${get('')}` },
  { what: 'HTTP/1.2 as HTTP/1.1', bytes: 'GET / HTTP/1.2\r\nHost: a\r\n\r\n' },
  { what: 'HTTP/1.0 without Host', bytes: 'GET / HTTP/1.0\r\n\r\n' },
  { what: 'the target * with OPTIONS', bytes: 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n' },
  { what: 'an absolute target', bytes: 'GET http://b/c?d HTTP/1.1\r\nHost: a\r\n\r\n' },
  { what: 'an IPv6 Host', bytes: 'GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n' },
  ...['::', '1:2:3:4:5:6:7:8', '2001:DB8::ffff:192.0.2.1', '1:2:3:4:5:6:7::', 'v1.fe80:a+b'].map(
    (literal) => ({
      what: `the literal [${literal}] in Host and target`,
      bytes: `GET http://[${literal}]/ HTTP/1.1\r\nHost: [${literal}]:80\r\n\r\n`,
    }),
  ),
  { what: 'whitespace around a value', bytes: post('Content-Length: \t5 \r\n', 'hello') },
  { what: 'an empty field value', bytes: get('X:\r\n') },
  { what: 'obs-text in a field value', bytes: get('X: \xe9\r\n') },
  { what: 'Chunked in capitals', bytes: post('Transfer-Encoding: CHUNKED\r\n', '0\r\n\r\n') },
  { what: 'a chunk size with zeros', bytes: chunked('0005\r\nhello\r\n0\r\n\r\n') },
  { what: 'a chunk size in capitals', bytes: chunked('A\r\n0123456789\r\n0\r\n\r\n') },
  { what: 'very many chunks', bytes: chunked(`${'1\r\nx\r\n'.repeat(10_000)}0\r\n\r\n`) },
  { what: 'extensions', bytes: chunked('5 ; a = b;c="\\"d";e\r\nhello\r\n0;f\r\n\r\n') },
  { what: 'a harmless trailer', bytes: chunked('0\r\nX-Sum: 1\r\n\r\n') },
  {
    what: 'a request line of 8,000 bytes',
    bytes: `GET /${long(7_985)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  },
]

describe('the HTTP/1.1 machine refuses', () => {
  for (const { what, status, bytes } of REFUSED) {
    it(`${what} (${status})`, () => {
      const raw = Buffer.from(bytes, 'latin1')
      const trace = traceOf([raw])
      assert.equal(trace.refused, status)
      assert.ok(trace.requests.every((request) => !request.complete))
      assert.deepEqual(traceOf(eachByte(raw)), trace)
    })
  }
})

describe('the HTTP/1.1 machine accepts', () => {
  for (const { what, bytes } of ACCEPTED) {
    it(what, () => {
      const trace = traceOf([Buffer.from(bytes, 'latin1')])
      assert.equal(trace.refused, null)
      assert.deepEqual(
        trace.requests.map((request) => request.complete),
        [true],
      )
    })
  }
})
