import fc from 'fast-check'
import { binary, bodyMessage, startMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import { valuesOf } from '../../testers/response-reader.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { judgeAnnounced, offers } from './announced.ts'

const EXTENSION = 'http.response.early_hint'

const link = fc.constantFrom(
  '</style.css>; rel=preload; as=style',
  '</app.js>; rel=preload; as=script',
  '<https://cdn.example>; rel=preconnect',
)

/** extensions.rst, "Early Hints". */
export const earlyHint: Property = exchangeProperty({
  id: 'extension/early-hint/attempted',
  law: 'hints are accepted until the final body message, and a 103 that comes of one has its links in order',
  clauses: [
    'extension/early-hint/announced',
    'extension/early-hint/time',
    'extension/early-hint/attempted',
  ],
  needs: ['http/1.1', `extension/${EXTENSION}`],
  program: fc.record({
    hints: fc.array(fc.array(link, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
    /** One more hint when part of the content is on its way already. */
    late: fc.boolean(),
  }),
  async run(trial, { hints, late }) {
    const clause = 'extension/early-hint/attempted'
    const exchange = await trial.open(http.get('/'), { fresh: true })
    if (!judgeAnnounced(trial, exchange, 'extension/early-hint/announced', EXTENSION)) return
    const hint = async (links: readonly string[]): Promise<void> => {
      const sent = await exchange.send({ type: EXTENSION, links: links.map(binary) })
      trial.check('extension/early-hint/time', sent.raised === null, 'an accepted hint', () =>
        String(sent.raised?.text),
      )
    }
    await exchange.send(startMessage({ status: 200, headers: [] }))
    for (const links of hints) await hint(links)
    await exchange.send(bodyMessage('first', true))
    if (late) await hint(['</late.css>; rel=preload'])
    await exchange.send(bodyMessage('last', false))
    await exchange.app.return()
    const response = await exchange.response(clause)
    const seen = (response?.interim ?? []).filter(({ status }) => status === 103)
    if (seen.length === 0) {
      trial.judge.notApplicable(clause, 'the hints were ignored, which is allowed')
      return
    }
    const expected = hints.map((links) => links.join(', '))
    const told = seen.map((head) => valuesOf(head, 'link').join(', '))
    trial.check(
      clause,
      JSON.stringify(told) === JSON.stringify(expected),
      `103 responses with the links ${JSON.stringify(expected)}`,
      () => JSON.stringify(told),
    )
  },
})

/** RFC 9110 §15.2: HTTP/1.0 has no status codes 1xx, whatever an application asks for. */
export const earlyHintHttp10: Property = exchangeProperty({
  id: 'extension/early-hint/http10',
  law: 'a hint for a client of HTTP/1.0 is refused or dropped, never sent',
  clauses: ['wire/rfc9110/no-1xx-to-http10'],
  needs: ['http/1.1', `extension/${EXTENSION}`],
  enough: 48,
  program: fc.record({
    links: fc.array(link, { minLength: 1, maxLength: 2 }),
    /** The hint comes when part of the content is on its way already. */
    late: fc.boolean(),
    kept: fc.boolean(),
  }),
  async run(trial, { links, late, kept }) {
    const clause = 'wire/rfc9110/no-1xx-to-http10'
    const headers: [string, string][] = kept ? [['Connection', 'keep-alive']] : []
    const request = { ...http.get('/', headers), version: '1.0' as const }
    const { served } = await trial.attempt(request, { fresh: true })
    if (served === null) return
    if (!offers(served.scope, EXTENSION)) {
      trial.judge.notApplicable(clause, 'the scope does not offer early hints to HTTP/1.0')
      await served.respond({ status: 200, body: ['content'] })
      await served.response()
      return
    }
    await served.send(startMessage({ status: 200, headers: [] }))
    if (late) await served.send(bodyMessage('first', true))
    await served.send({ type: EXTENSION, links: links.map(binary) })
    await served.send(bodyMessage('last', false))
    await served.app.return()
    const response = await served.response()
    const interim = response?.interim ?? []
    trial.check(
      clause,
      interim.length === 0,
      'no response of status 1xx',
      () => `${interim[0]?.status} before the final response`,
    )
  },
})
