import fc from 'fast-check'
import { bodyMessage, startMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
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
    content: fc.oneof(
      { withCrossShrink: true },
      fc.string({ maxLength: 60, unit: 'binary-ascii' }),
      fc.constantFrom('', 'x'.repeat(65_536), 'ab\r\n'.repeat(50_000)),
    ),
  }),
  async run(trial, { head, http2, sized, late, content }) {
    const request = { ...http.get('/'), method: head ? 'HEAD' : 'GET' }
    const exchange = await openEither(trial, http2, request)
    if (!judgeAnnounced(trial, exchange, 'extension/pathsend/announced', EXTENSION)) return
    const headers: [string, string][] = sized ? [['content-length', String(content.length)]] : []
    await exchange.send(startMessage({ status: 200, headers }))
    const sent = await exchange.send({ type: EXTENSION, path: await fileOf(content) })
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
