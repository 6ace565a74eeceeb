import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { connect } from 'node:net'
import fc from 'fast-check'
import { after, before, describe, it } from 'mocha'
import * as arbitrary from '../arbitraries/http.ts'
import { contentOf, type HttpRequest, headerLines, http, serialize } from './request.ts'

/** What a parser that is not ours makes of the bytes. */
interface Parsed {
  readonly method: string | undefined
  readonly target: string | undefined
  readonly headers: readonly string[]
  readonly content: Buffer
}

describe('request serialisation', () => {
  let server: Server
  let port: number
  let parsed: Promise<Parsed>

  before(async () => {
    server = createServer({ joinDuplicateHeaders: false })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    port = typeof address === 'object' ? (address?.port ?? 0) : 0
  })

  after(() => {
    server.close()
  })

  async function parse(bytes: Buffer): Promise<Parsed> {
    parsed = new Promise((resolve, reject) => {
      server.removeAllListeners('request')
      server.removeAllListeners('clientError')
      server.on('request', (message: IncomingMessage) => {
        void contentFrom(message).then((content) => {
          const { method, url: target, rawHeaders: headers } = message
          resolve({ method, target, headers, content })
        }, reject)
      })
      server.on('clientError', reject)
    })
    const socket = connect(port, '127.0.0.1')
    socket.write(bytes)
    try {
      return await parsed
    } finally {
      socket.destroy()
    }
  }

  it('a request on the wire says what the program says, to any other parser', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary.request, async (request) => {
        const { method, target, headers, content } = await parse(serialize(request))
        assert.equal(method, request.method)
        assert.equal(target, request.target)
        assert.deepEqual(headers, headerLines(request).flat())
        assert.deepEqual(content, contentOf(request.body))
      }),
      { numRuns: 100 },
    )
  })

  for (const [what, request, text] of [
    [
      'a request without content',
      http.get('/a?b'),
      'GET /a?b HTTP/1.1\r\nHost: assay.test\r\n\r\n',
    ],
    ['a Host of its own', http.get('/', [['host', 'b']]), 'GET / HTTP/1.1\r\nhost: b\r\n\r\n'],
    [
      'content of a known length',
      http.post('/', '\xff'),
      'POST / HTTP/1.1\r\nHost: assay.test\r\nContent-Length: 1\r\n\r\n\xff',
    ],
    [
      'chunks, empty ones left out, with extension and trailers',
      chunked(['ab', '', 'c'], ';x=1', [['Sum', '3']]),
      'POST / HTTP/1.1\r\nHost: assay.test\r\nTransfer-Encoding: chunked\r\n\r\n2;x=1\r\nab\r\n1;x=1\r\nc\r\n0\r\nSum: 3\r\n\r\n',
    ],
  ] as const) {
    it(`writes ${what} as these bytes`, () => {
      assert.equal(serialize(request).toString('latin1'), text)
    })
  }
})

function chunked(
  chunks: readonly string[],
  extension: string,
  trailers: readonly (readonly [string, string])[],
): HttpRequest {
  return {
    ...http.post('/', ''),
    body: { framing: 'chunked', chunks, extension, trailers },
  }
}

async function contentFrom(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part)
  return Buffer.concat(parts)
}
