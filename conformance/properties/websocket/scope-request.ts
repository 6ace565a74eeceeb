import fc from 'fast-check'
import * as http from '../../arbitraries/http.ts'
import * as arbitrary from '../../arbitraries/websocket.ts'
import { inOrder, type Line } from '../../judge/order.ts'
import { isClientError } from '../../judge/status.ts'
import { MARKER } from '../../testers/channel.ts'
import { headerLines } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { isBytes, type PyDict, show } from '../../testers/values.ts'
import { describeAnswer } from '../../websocket/exchange.ts'
import { type Handshake, handshakeRequest, PLAIN } from '../../websocket/handshake.ts'
import { adopt, hold, knock, openWebSocket } from '../../websocket/open.ts'
import { exchangeProperty, type Property } from '../property.ts'

const EMPTY = 'wire/rfc9110/empty-list-elements'

const target = fc.record({ path: http.path, query: fc.option(http.query, { nil: null }) })

/** www.rst, "Websocket Connection Scope": what the request line and the headers become. */
export const scopeRequest: readonly Property[] = [
  exchangeProperty({
    id: 'websocket/scope/path',
    law: 'path is decoded from the request target; raw_path, where given, and query_string are its bytes',
    clauses: ['websocket/scope/path', 'websocket/scope/raw-path', 'websocket/scope/query-string'],
    needs: ['websocket'],
    program: target,
    async run(trial, { path, query }) {
      const { scope } = await openWebSocket(trial, {
        ...PLAIN,
        target: query === null ? path : `${path}?${query}`,
      })
      const whole = decoded(path)
      const { path: seen, raw_path: raw = null, query_string: text } = scope
      trial.check('websocket/scope/path', seen === whole, show(whole), () => show(seen))
      if (raw !== null) {
        const same = isBytes(raw) && Buffer.from(raw).toString('latin1') === path
        trial.check('websocket/scope/raw-path', same, show(Buffer.from(path)), () => show(raw))
      }
      const given = text === undefined || text === null ? Buffer.alloc(0) : text
      trial.check(
        'websocket/scope/query-string',
        isBytes(given) && Buffer.from(given).toString('latin1') === (query ?? ''),
        show(Buffer.from(query ?? '')),
        () => show(text),
      )
    },
  }),
  exchangeProperty({
    id: 'websocket/scope/headers-in-order',
    law: 'every header of the handshake reaches the application as bytes, duplicates kept, in wire order',
    clauses: [
      'websocket/scope/headers-bytes',
      'websocket/scope/headers-in-order',
      'websocket/scope/headers-duplicates',
      'websocket/scope/header-names-lowercased',
    ],
    needs: ['websocket'],
    program: fc.record({ handshake: arbitrary.handshake }),
    async run(trial, { handshake }) {
      const { scope, request } = await openWebSocket(trial, handshake)
      const seen = judgeHeaderTypes(trial, scope).filter(ofTheClient)
      const sent = headerLines(request).filter(ofTheClient).map(lowered)
      for (const name of new Set(sent.map(([key]) => key))) {
        const values = valuesFor(sent, name)
        const got = valuesFor(seen, name)
        trial.check(
          'websocket/scope/headers-duplicates',
          got.length === values.length && got.every((value, index) => value === values[index]),
          `${name}: ${JSON.stringify(values)}`,
          () => JSON.stringify(got),
        )
      }
      trial.check(
        'websocket/scope/header-names-lowercased',
        seen.every(([name]) => name === name.toLowerCase()),
        'names in lower case',
        () => seen.map(([name]) => name).join(', '),
      )
      trial.check(
        'websocket/scope/headers-in-order',
        inOrder(seen.map(lowered), sent),
        sent.map(([name]) => name).join(', '),
        () => seen.map(([name]) => name).join(', '),
      )
    },
  }),
  exchangeProperty({
    id: 'websocket/scope/header-values-exact',
    law: 'a header value with bytes beyond ASCII keeps the handshake whole and arrives as it was sent',
    clauses: ['websocket/scope/headers-bytes', 'wire/rfc9110/obs-text-opaque'],
    needs: ['websocket'],
    program: fc.record({
      value: fc.constantFrom('\xe9', 'caf\xe9', '\xff\x80', '\xc3\xa9'),
      accepts: fc.boolean(),
    }),
    async run(trial, { value, accepts }) {
      const handshake: Handshake = { ...PLAIN, headers: [['X-Name', value]] }
      const request = handshakeRequest(handshake)
      const answer = await knock(trial, request)
      const clause = 'wire/rfc9110/obs-text-opaque'
      if (answer.scope === null) {
        const { response } = answer
        // A strict recipient may refuse such bytes with a 4xx.
        trial.check(clause, isClientError(response?.status), 'a scope, or a refusal', () =>
          describeAnswer(response),
        )
        return
      }
      trial.check(clause, true, '', () => '')
      const exchange = adopt(trial, request, answer)
      const seen = valuesFor(judgeHeaderTypes(trial, exchange.scope), 'x-name')
      trial.check(
        'websocket/scope/headers-bytes',
        seen.length === 1 && seen[0] === value,
        show(Buffer.from(value, 'latin1')),
        () => JSON.stringify(seen),
      )
      await exchange.connect()
      if (accepts) await exchange.accept()
    },
  }),
  exchangeProperty({
    id: 'websocket/scope/subprotocols',
    law: 'subprotocols lists what the client advertised, in one header line or several, and no element that is empty',
    clauses: ['websocket/scope/subprotocols', 'websocket/scope/type', EMPTY],
    needs: ['websocket'],
    program: fc.record({
      subprotocols: arbitrary.subprotocols,
      /** Where empty elements stand in each line. */
      empty: fc.constantFrom(null, 'first', 'between', 'last'),
    }),
    async run(trial, { subprotocols, empty }) {
      const lines = empty === null ? subprotocols : subprotocols.map((line) => padded(line, empty))
      const request = handshakeRequest({ ...PLAIN, subprotocols: lines })
      const answer = await knock(trial, request)
      const type = answer.scope?.type ?? 'none'
      const clause = empty === null ? 'websocket/scope/type' : EMPTY
      const taken = type === 'websocket'
      // RFC 6455 §4.1 lets no client send an empty element, and §4.2.1 asks for a 400 where one departs from it.
      const refused =
        empty !== null && answer.scope === null && isClientError(answer.response?.status)
      if (!refused)
        trial.check(clause, taken, 'a scope of type "websocket"', () => `scope: ${type}`)
      if (answer.scope === null) return
      if (!taken) {
        hold(trial, answer.scope)
        return
      }
      const { scope } = adopt(trial, request, answer)
      const names = subprotocols.flat()
      const all = scope['subprotocols'] ?? []
      const seen = Array.isArray(all) ? all.filter((name) => name !== '') : []
      if (empty !== null && Array.isArray(all))
        trial.check(EMPTY, all.length === seen.length, 'no empty name', () => show(all))
      trial.check(
        'websocket/scope/subprotocols',
        Array.isArray(all) &&
          seen.length === names.length &&
          seen.every((name, index) => name === names[index]),
        show(names),
        () => show(scope['subprotocols']),
      )
    },
  }),
]

/** RFC 6455 §4.3 has the list as `1#token`, in which RFC 9110 §5.6.1.2 has empty elements ignored. */
function padded(line: readonly string[], where: 'first' | 'between' | 'last'): string[] {
  if (where === 'first') return ['', ...line]
  if (where === 'last') return [...line, '']
  return line.flatMap((name, index) => (index === 0 ? [name] : ['', name]))
}

/** RFC 3986 §2.1: every %XX becomes its byte, and the bytes are read as UTF-8. */
function decoded(path: string): string {
  const bytes = path.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/**
 * Headers that are not part of the handshake itself: those the server consumes, and where the rest of
 * the scope says the same, no sentence asks for them in `headers` too.
 */
function ofTheClient([name]: readonly [string, string]): boolean {
  const lower = name.toLowerCase()
  return !lower.startsWith('sec-websocket-') && !CONSUMED.has(lower)
}

const CONSUMED: ReadonlySet<string> = new Set(['host', 'upgrade', 'connection', MARKER])

/** Pairs of byte strings; what is not one is a violation and is left out. */
function judgeHeaderTypes(trial: Trial, { headers }: PyDict): (readonly [string, string])[] {
  const pairs = Array.isArray(headers) ? headers : []
  const read = pairs.flatMap((pair) => {
    const [name, value] = Array.isArray(pair) ? pair : []
    if (!isBytes(name) || !isBytes(value)) return []
    return [[Buffer.from(name).toString('latin1'), Buffer.from(value).toString('latin1')] as const]
  })
  trial.check(
    'websocket/scope/headers-bytes',
    Array.isArray(headers) && read.length === pairs.length,
    'an iterable of [byte string, byte string]',
    () => show(headers),
  )
  return read
}

function valuesFor(lines: readonly (readonly [string, string])[], name: string): string[] {
  return lines.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
}

function lowered([name, value]: Line): Line {
  return [name.toLowerCase(), value]
}
