import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import type { ASGIApplication, Send } from '../asgi/application.ts'
import type { SendEvent } from '../asgi/messages.ts'
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

/** More than one piece of a file. */
const LONG = '0123456789'.repeat(20_000)

/** A response that declares so many bytes of content. */
const declaring = (length: number): SendEvent => ({
  type: 'http.response.start',
  status: 200,
  headers: [[bytes('content-length'), bytes(String(length))]],
})

/** What an application without types could send. */
function malformed(event: object): SendEvent {
  return JSON.parse('{}', () => event)
}

async function refused(sending: Promise<void>): Promise<void> {
  await assert.rejects(sending, { name: 'InvalidEvent' })
}

describe('the extensions over HTTP/1.1', () => {
  it('send trailers to a client that takes them', async () => {
    const answer = await answerTo(request('TE: trailers\r\n'), trailers)
    assert.match(answer, /\r\n\r\n5\r\nhello\r\n0\r\nx-a: 1\r\nx-b: 2\r\n\r\n$/)
  })

  it('refuse trailers that say what has its place before the content, and the response goes on', async () => {
    const names = ['content-length', 'Transfer-Encoding', 'content-type', 'host', 'trailer']
    for (const fields of ['TE: trailers\r\n', '']) {
      const answer = await answerTo(request(fields), async (send) => {
        await send({ type: 'http.response.start', status: 200, trailers: true })
        await send({ type: 'http.response.body', body: bytes('hello') })
        for (const name of names) {
          const headers = [[bytes(name), bytes('5')]] as const
          await refused(send({ type: 'http.response.trailers', headers }))
        }
        await send({ type: 'http.response.trailers', headers: [[bytes('x-a'), bytes('1')]] })
      })
      const sent = fields === '' ? '' : 'x-a: 1\r\n'
      assert.ok(answer.endsWith(`\r\n\r\n5\r\nhello\r\n0\r\n${sent}\r\n`), answer)
    }
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

  it('send early hints before the application has begun its response', async () => {
    const answer = await answerTo(request(), async (send) => {
      await send({ type: 'http.response.early_hint', links: [bytes('</a>')] })
      await send({ type: 'http.response.start', status: 200 })
      await send({ type: 'http.response.body' })
    })
    assert.match(answer, /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/a>\r\n\r\nHTTP\/1\.1 200 OK/)
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
        await send({ ...zerocopy, offset: null, count: 4 })
        await send({ ...zerocopy, count: null })
        await send({ type: 'http.response.body', body: bytes('>') })
      })
      await file.close()
      assert.match(answer, /\r\n\r\n<2340123456789>$/)
    })
  })

  it('send all of a file before what follows it, and nothing of it in the next response', async () => {
    await withFile(LONG, async (path) => {
      const app: ASGIApplication = async (scope, _receive, send) => {
        await send({ type: 'http.response.start', status: 200 })
        const last: SendEvent = { type: 'http.response.body', body: bytes('end') }
        if (scope.type === 'http' && scope.path === '/next') {
          await send(last)
          return
        }
        const file = await open(path)
        const zerocopy = { type: 'http.response.zerocopysend', file, more_body: true } as const
        await Promise.all([
          send(zerocopy),
          send({ ...zerocopy, offset: 0, count: 1 }),
          send({ type: 'http.response.body', body: bytes('-'), more_body: true }),
          scope.type === 'http' && scope.path === '/path'
            ? send({ type: 'http.response.pathsend', path })
            : send(last),
          send(last),
        ])
        await file.close()
      }
      await withServer(app, {}, async ({ connect, log }) => {
        for (const [target, end] of [
          ['/', 'end'],
          ['/path', LONG],
        ]) {
          const client = await connect()
          client.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)
          client.send('GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
          const answer = await client.untilEnd()
          const [one = '', two] = answer.split('0\r\n\r\nHTTP/1.1 200')
          const content = one.replaceAll(/[0-9a-f]+\r\n([^\r]+)\r\n/g, '$1')
          assert.ok(content.endsWith(`\r\n\r\n${LONG}0-${end}`), target)
          assert.match(two ?? '', /\r\n\r\n3\r\nend\r\n0\r\n\r\n$/)
        }
        assert.deepEqual(log, [])
      })
    })
  })

  it('send no more of a file once the application has ended without it', async () => {
    await withFile(LONG, async (path) => {
      let sending: Promise<void> | null = null
      const app: ASGIApplication = async (_scope, _receive, send) => {
        await send({ type: 'http.response.start', status: 200 })
        sending = send({ type: 'http.response.pathsend', path })
      }
      await withServer(app, {}, async ({ exchange }) => {
        assert.match(await exchange(request()), /^HTTP\/1\.1 500 [^0]/)
        await sending
      })
    })
  })

  it('send nothing of a file that does not fit the declared length', async () => {
    await withFile(LONG, async (path) => {
      const wrong = [LONG.length - 1, LONG.length + 1]
      for (const length of wrong) {
        const file = await open(path)
        const answer = await answerTo(request(), async (send) => {
          const zerocopy = { type: 'http.response.zerocopysend', file } as const
          await send(declaring(length))
          await refused(send({ type: 'http.response.pathsend', path }))
          await refused(send({ ...zerocopy, offset: 0 }))
          await refused(send(zerocopy))
          await send({ type: 'http.response.body', body: Buffer.alloc(length, 'x') })
        })
        await file.close()
        assert.ok(answer.endsWith(`\r\n\r\n${'x'.repeat(length)}`))
      }
    })
  })

  it('send what a file has from its position on, where that is the declared length', async () => {
    await withFile(LONG, async (path) => {
      const file = await open(path)
      await file.read(Buffer.alloc(6), 0, 6, null)
      const answer = await answerTo(request(), async (send) => {
        await send(declaring(LONG.length - 6))
        await send({ type: 'http.response.zerocopysend', file, more_body: true, count: 4 })
        await send({ type: 'http.response.zerocopysend', file })
      })
      await file.close()
      assert.ok(answer.endsWith(`\r\n\r\n${LONG.slice(6)}`))
    })
  })

  it('refuse what is no boolean, and the response goes on', async () => {
    await withFile('0123456789', async (path) => {
      const file = await open(path)
      const answer = await answerTo(request('TE: trailers\r\n'), async (send) => {
        await send({ type: 'http.response.start', status: 200, trailers: true })
        const zerocopy = { type: 'http.response.zerocopysend', file, offset: 0 } as const
        await refused(send(malformed({ ...zerocopy, more_body: 1 })))
        await send({ ...zerocopy, more_body: false })
        const fields = { type: 'http.response.trailers', headers: [[bytes('x-a'), bytes('1')]] }
        await refused(send(malformed({ ...fields, more_trailers: 'yes' })))
        await send(malformed({ ...fields, more_trailers: false }))
      })
      await file.close()
      assert.match(answer, /\r\n\r\na\r\n0123456789\r\n0\r\nx-a: 1\r\n\r\n$/)
    })
  })
})
