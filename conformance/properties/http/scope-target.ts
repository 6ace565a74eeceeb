import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { describeRefusal } from '../../testers/attempt.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { isBytes, type PyDict, type PyValue, show } from '../../testers/values.ts'
import { askEither } from '../http2/either-version.ts'
import { exchangeProperty, type Property } from '../property.ts'

const OK = { status: 204 }
const ABSOLUTE = 'wire/rfc9112/absolute-form'

/** RFC 3986 §2.1: every %XX becomes its byte, and the bytes are read as UTF-8. */
function decoded(path: string): string {
  const bytes = path.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

export const scopeTarget: readonly Property[] = [
  exchangeProperty({
    id: 'http/scope/path',
    law: 'scope path is the target without its query, percent-encoded sequences and UTF-8 decoded',
    clauses: ['http/scope/path'],
    program: fc.record({ path: arbitrary.path, query: fc.option(arbitrary.query, { nil: null }) }),
    async run(trial, { path, query }) {
      const { scope, ...exchange } = await openAt(trial, path, query)
      trial.check('http/scope/path', scope['path'] === decoded(path), show(decoded(path)), () =>
        show(scope['path']),
      )
      await exchange.done()
    },
  }),

  exchangeProperty({
    id: 'http/scope/raw-path',
    law: 'raw_path, where a server provides it, is the path exactly as received, without the query',
    clauses: ['http/scope/raw-path'],
    program: fc.record({ path: arbitrary.path, query: fc.option(arbitrary.query, { nil: null }) }),
    async run(trial, { path, query }) {
      const { scope, ...exchange } = await openAt(trial, path, query)
      const raw = scope['raw_path']
      if (raw !== undefined && raw !== null) {
        const same = isBytes(raw) && Buffer.from(raw).toString('latin1') === path
        trial.check('http/scope/raw-path', same, show(Buffer.from(path, 'latin1')), () => show(raw))
      }
      await exchange.done()
    },
  }),

  exchangeProperty({
    id: 'http/scope/query-string',
    law: 'query_string is the bytes after the first question mark, still percent-encoded',
    clauses: ['http/scope/query-string'],
    program: fc.record({ path: arbitrary.path, query: fc.option(arbitrary.query, { nil: null }) }),
    async run(trial, { path, query }) {
      const { scope, ...exchange } = await openAt(trial, path, query)
      const seen = scope['query_string']
      const same = isBytes(seen) && Buffer.from(seen).toString('latin1') === (query ?? '')
      trial.check('http/scope/query-string', same, show(Buffer.from(query ?? '', 'latin1')), () =>
        show(seen),
      )
      await exchange.done()
    },
  }),

  exchangeProperty({
    id: 'http/scope/query-string/absolute-form',
    law: 'of a target in absolute form the query is the bytes after its question mark, whether it has a path or none, and the path is decoded',
    clauses: ['http/scope/query-string', 'http/scope/path', ABSOLUTE],
    enough: 24,
    caseOf: ({ path, query }) => `${path} ${query === null}`,
    program: fc.record({
      path: fc.constantFrom('', '/', '/a', '/%61', '/caf%C3%A9'),
      query: fc.option(arbitrary.query, { nil: null }),
    }),
    async run(trial, { path, query }) {
      const target = `http://assay.test${path}${query === null ? '' : `?${query}`}`
      const { served, refused } = await trial.attempt(http.get(target))
      trial.check(ABSOLUTE, served !== null, 'a request that is taken', () =>
        refused === null ? '' : describeRefusal(refused),
      )
      if (served === null) return
      const seen = served.scope['query_string']
      const same = isBytes(seen) && Buffer.from(seen).toString('latin1') === (query ?? '')
      trial.check('http/scope/query-string', same, query ?? '', () => show(seen))
      // Whether it begins with the scheme and the host of the target is not said.
      const { path: given } = served.scope
      const ends = typeof given === 'string' && given.endsWith(decoded(path))
      trial.check('http/scope/path', ends, decoded(path), () => show(given))
      await served.respond(OK)
      await served.response()
    },
  }),

  exchangeProperty({
    id: 'http/scope/in-pieces',
    law: 'the segments in which a request head arrives change nothing about path, raw_path and query_string',
    clauses: ['http/scope/path', 'http/scope/raw-path', 'http/scope/query-string'],
    program: fc.record({
      path: arbitrary.path.filter((path) => path.length > 1),
      query: fc.option(arbitrary.query, { nil: null }),
      cuts: fc.array(fc.nat(999), { minLength: 1, maxLength: 4 }),
    }),
    async run(trial, { path, query, cuts }) {
      const line = `GET ${query === null ? path : `${path}?${query}`} HTTP/1.1`
      const exchange = await trial.open(http.get(line.split(' ')[1] ?? path), {
        cuts: arbitrary.cutsOf(cuts, line.length),
      })
      const { path: seen, raw_path: raw, query_string: text } = exchange.scope
      trial.check('http/scope/path', seen === decoded(path), show(decoded(path)), () => show(seen))
      if (raw !== undefined && raw !== null)
        trial.check('http/scope/raw-path', latin1(raw) === path, path, () => show(raw))
      trial.check('http/scope/query-string', latin1(text) === (query ?? ''), query ?? '', () =>
        show(text),
      )
      await exchange.respond(OK)
      await exchange.response()
    },
  }),

  exchangeProperty({
    id: 'http/scope/path/dot-segments',
    law: 'dot segments and empty segments of the target stand in path and raw_path as they came, in every version of HTTP',
    clauses: ['http/scope/path', 'http/scope/raw-path'],
    enough: 16,
    caseOf: ({ target, http2 }) => `${target} ${http2}`,
    program: fc.record({
      target: fc.constantFrom(
        '/a/../b',
        '/./a',
        '/a/./b',
        '/a/..',
        '/../a',
        '/a//b',
        '/a/%2e%2e/b',
      ),
      http2: fc.boolean(),
    }),
    async run(trial, { target, http2 }) {
      // What leads out of the root may be refused.
      const served = await askEither(trial, http2, http.get(target))
      if (served === null) return
      const { path, raw_path: raw } = served.scope
      const expected = decoded(target)
      trial.check('http/scope/path', path === expected, show(expected), () => show(path))
      if (raw !== undefined && raw !== null)
        trial.check('http/scope/raw-path', latin1(raw) === target, target, () => show(raw))
      await served.respond(OK)
      await served.response()
    },
  }),
]

function latin1(value: PyValue = null): string | null {
  return isBytes(value) ? Buffer.from(value).toString('latin1') : null
}

async function openAt(
  trial: Trial,
  path: string,
  query: string | null,
): Promise<{ scope: PyDict; done: () => Promise<void> }> {
  const exchange = await trial.open(http.get(query === null ? path : `${path}?${query}`))
  return {
    scope: exchange.scope,
    done: async (): Promise<void> => {
      await exchange.respond(OK)
      await exchange.response()
    },
  }
}
