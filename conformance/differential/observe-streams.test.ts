import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { WireResponse } from '../testers/response-reader.ts'
import { observeStreams } from './observe-streams.ts'

function response(status: number, more: Partial<WireResponse> = {}): WireResponse {
  return {
    version: 'HTTP/2',
    status,
    reason: '',
    headers: [],
    interim: [],
    framing: 'frames',
    body: Buffer.from('content'),
    chunks: [],
    trailers: [],
    complete: true,
    defects: [],
    ...more,
  }
}

describe('what a server did over HTTP/2', () => {
  it('is told stream by stream, in the words of HTTP/1.1', () => {
    const aspects = observeStreams(
      {
        streams: [
          { id: 1, response: response(404), reset: null },
          { id: 3, response: null, reset: 8 },
          { id: 5, response: response(200, { headers: [['x-a', '1']] }), reset: null },
          { id: 7, response: null, reset: null },
        ],
        goAway: 2,
      },
      [{ status: 200, names: new Set(['x-a']) }],
      'connection 1',
    )
    const said = aspects.map(({ subject, name, value }) => `${subject}: ${name}: ${value}`)
    assert.deepEqual(said, [
      'connection 1, stream 1: answers: refused',
      'connection 1, stream 1: status of a refusal: 404',
      'connection 1, stream 3: answers: RST_STREAM 8',
      'connection 1, stream 5: answers: 200 of the application',
      'connection 1, stream 5: fields of the application: [["x-a","1"]]',
      'connection 1, stream 5: fields added: none',
      'connection 1, stream 5: content: 7 bytes b"content"',
      'connection 1, stream 5: response: complete',
      'connection 1, stream 5: trailers: []',
      'connection 1, stream 7: answers: none',
      'connection 1: GOAWAY: 2',
    ])
  })

  it('takes the 200 of an extended CONNECT for the accept of the application', () => {
    const [first] = observeStreams(
      { streams: [{ id: 1, response: response(200), reset: null }], goAway: null },
      [{ status: 101, names: new Set() }],
      'connection 1',
    )
    assert.equal(first?.value, '200 of the application')
  })
})
