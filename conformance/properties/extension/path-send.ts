import { writeFile } from 'node:fs/promises'
import fc from 'fast-check'
import { binary, bodyMessage, startMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { show } from '../../testers/values.ts'
import { openEither } from '../http2/either-version.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { judgeAnnounced } from './announced.ts'
import { fileOf } from './files.ts'

const EXTENSION = 'http.response.pathsend'
const NO_CONTENT = 'wire/rfc9110/head-no-content'

/** extensions.rst, "Path Send". */
export const pathSend: Property = exchangeProperty({
  id: 'extension/pathsend/content',
  law: 'the file at the path is the content of the response, which then is complete like any other',
  clauses: [
    'extension/pathsend/announced',
    'extension/pathsend/content',
    'extension/pathsend/as-body',
    NO_CONTENT,
  ],
  needs: ['http/1.1', `extension/${EXTENSION}`],
  program: fc.record({
    // The content last: what is long is cut where it is shown.
    head: fc.boolean(),
    http2: fc.boolean(),
    sized: fc.boolean(),
    late: fc.boolean(),
    /** What the file held when it was sent before. */
    before: fc.option(fc.constantFrom('', 'before'), { nil: null }),
    content: fc.oneof(
      { withCrossShrink: true },
      fc.string({ maxLength: 60, unit: 'binary-ascii' }),
      fc.constantFrom('', 'x'.repeat(65_536), 'ab\r\n'.repeat(50_000)),
    ),
  }),
  async run(trial, { head, http2, sized, late, before, content }) {
    const request = { ...http.get('/'), method: head ? 'HEAD' : 'GET' }
    const exchange = await openEither(trial, http2, request)
    if (!judgeAnnounced(trial, exchange, 'extension/pathsend/announced', EXTENSION)) return
    const headers: [string, string][] = sized ? [['content-length', String(content.length)]] : []
    await exchange.send(startMessage({ status: 200, headers }))
    const path = await fileOf(before ?? content)
    if (before !== null) {
      await sendOnce(trial, http2, path)
      await writeFile(path, binary(content))
    }
    const sent = await exchange.send({ type: EXTENSION, path })
    trial.check('extension/pathsend/content', sent.raised === null, 'an accepted message', () =>
      String(sent.raised?.text),
    )
    // www.rst, "Response Body": messages behind the end of the response are ignored.
    if (late) await exchange.send(bodyMessage('too late', false))
    await exchange.app.return()
    const response = await exchange.response('extension/pathsend/content')
    const expected = head ? '' : content
    trial.check(
      head ? NO_CONTENT : 'extension/pathsend/content',
      response?.body.toString('latin1') === expected,
      head ? 'no content' : `content of ${content.length} bytes as in the file`,
      () => show(response?.body),
    )
    trial.check(
      'extension/pathsend/as-body',
      response?.complete === true,
      'a whole response',
      () => (response === null ? 'no response' : 'a truncated response'),
    )
  },
})

async function sendOnce(trial: Trial, http2: boolean, path: string): Promise<void> {
  const exchange = await openEither(trial, http2, http.get('/before'))
  await exchange.send(startMessage({ status: 200 }))
  await exchange.send({ type: EXTENSION, path })
  await exchange.app.return()
  await exchange.response('extension/pathsend/content')
}
