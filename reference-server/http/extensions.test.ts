import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import type { ASGIApplication, Send } from '../asgi/application.ts'
import { withServer } from '../testing/with-server.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const request = (fields = '', version = '1.1'): string =>
  `GET / HTTP/${version}\r\nHost: a\r\nConnection: close\r\n${fields}\r\n`

/** What a client gets from an application that takes these steps. */
async function answerTo(text: string, steps: (send: Send) => Promise<void>): Promise<string> {
  let answer = ''
  const app: ASGIApplication = (_scope, _receive, send) => steps(send)
  await withServer(app, {}, async ({ exchange }) => {
    answer = await exchange(text)
  })
  return answer
}

async function withFile(content: string, body: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-file-'))
  const path = join(folder, 'file')
  writeFileSync(path, content)
  try {
    await body(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const trailers = async (send: Send): Promise<void> => {
  await send({ type: 'http.response.start', status: 200, trailers: true })
  await send({ type: 'http.response.body', body: bytes('hello') })
  await send({
    type: 'http.response.trailers',
    headers: [[bytes('x-a'), bytes('1')]],
    more_trailers: true,
  })
  await send({ type: 'http.response.trailers', headers: [[bytes('x-b'), bytes('2')]] })
}

const hint = async (send: Send): Promise<void> => {
  await send({ type: 'http.response.start', status: 200 })
  await send({ type: 'http.response.early_hint', links: [bytes('</a>; rel=preload')] })
  await send({ type: 'http.response.body', body: bytes('hello') })
}

describe('the extensions over HTTP/1.1', () => {
  it('send trailers to a client that takes them', async () => {
    const answer = await answerTo(request('TE: trailers\r\n'), trailers)
    assert.match(answer, /\r\n\r\n5\r\nhello\r\n0\r\nx-a: 1\r\nx-b: 2\r\n\r\n$/)
  })

  it('complete a response without its trailers for a client that does not take them', async () => {
    const answer = await answerTo(request(), trailers)
    assert.match(answer, /\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/)
  })

  it('do not offer trailers to HTTP/1.0, which has no place for them', async () => {
    const offered: string[] = []
    const app: ASGIApplication = async (scope, _receive, send) => {
      offered.push(...Object.keys(scope.type === 'http' ? scope.extensions : {}))
      await trailers(send)
    }
    await withServer(app, {}, async ({ exchange }) => {
      assert.match(await exchange(request('TE: trailers\r\n', '1.0')), /\r\n\r\nhello$/)
    })
    assert.ok(!offered.includes('http.response.trailers'))
  })

  it('send early hints before the response, and never to HTTP/1.0', async () => {
    const answer = await answerTo(request(), hint)
    assert.match(
      answer,
      /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/a>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK/,
    )
    assert.match(await answerTo(request('', '1.0'), hint), /^HTTP\/1\.1 500/)
  })

  it('send a file by its path', async () => {
    await withFile('0123456789'.repeat(20_000), async (path) => {
      const answer = await answerTo(request('', '1.0'), async (send) => {
        await send({
          type: 'http.response.start',
          status: 200,
          headers: [[bytes('content-length'), bytes('200000')]],
        })
        await send({ type: 'http.response.pathsend', path })
      })
      assert.ok(answer.endsWith(`\r\n\r\n${'0123456789'.repeat(20_000)}`))
    })
  })

  it('send parts of an open file between other pieces of body', async () => {
    await withFile('0123456789', async (path) => {
      const file = await open(path)
      const answer = await answerTo(request('', '1.0'), async (send) => {
        await send({ type: 'http.response.start', status: 200 })
        await send({ type: 'http.response.body', body: bytes('<'), more_body: true })
        const zerocopy = { type: 'http.response.zerocopysend', file, more_body: true } as const
        await send({ ...zerocopy, offset: 2, count: 3 })
        await send({ ...zerocopy, count: 4 })
        await send(zerocopy)
        await send({ type: 'http.response.body', body: bytes('>') })
      })
      await file.close()
      assert.match(answer, /\r\n\r\n<2340123456789>$/)
    })
  })
})
