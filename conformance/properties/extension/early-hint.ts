import fc from 'fast-check'
import { binary, bodyMessage, startMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import { valuesOf } from '../../testers/response-reader.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { judgeAnnounced } from './announced.ts'

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
