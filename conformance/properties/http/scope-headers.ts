import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import { headerLines, http, serialize } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { isBytes, type PyDict, show } from '../../testers/values.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { judgeValues, VALUES } from './header-values.ts'

const OK = { status: 204 }

/** Every byte that a field value may hold inside (RFC 9110 §5.5), obs-text among them. */
const anyFieldByte = fc.string({
  minLength: 1,
  maxLength: 12,
  unit: fc
    .integer({ min: 0x21, max: 0xff })
    .filter((code) => code !== 0x7f)
    .map((code) => String.fromCharCode(code)),
})

export const scopeHeaders: readonly Property[] = [
  exchangeProperty({
    id: 'http/scope/headers-values-in-order',
    law: 'the values of each header name reach the application once each, in wire order, never merged, however the head is cut',
    clauses: [...VALUES, 'http/scope/headers-bytes'],
    program: fc.record({
      headers: arbitrary.requestFields,
      path: arbitrary.path,
      cuts: arbitrary.cutShares,
    }),
    async run(trial, { headers, path, cuts }) {
      const request = http.get(path, headers)
      const exchange = await trial.open(request, {
        cuts: arbitrary.cutsOf(cuts, serialize(request).length),
      })
      const seen = judgeHeaderTypes(trial, exchange.scope)
      for (const [name, sent] of byName(headerLines(request))) {
        const got = seen.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value)
        judgeValues(trial, name, sent, got)
      }
      await exchange.respond(OK)
      await exchange.response()
    },
  }),
  exchangeProperty({
    id: 'http/scope/headers-bytes',
    law: 'a header value is the exact bytes that the client sent, whatever their encoding',
    clauses: ['http/scope/headers-bytes', 'http/scope/header-values-exact'],
    program: anyFieldByte,
    async run(trial, value) {
      const { served } = await trial.attempt(http.get('/', [['X-Bytes', value]]))
      if (served === null) return
      const seen = judgeHeaderTypes(trial, served.scope).filter(
        ([name]) => name.toLowerCase() === 'x-bytes',
      )
      for (const clause of ['http/scope/headers-bytes', 'http/scope/header-values-exact']) {
        trial.check(
          clause,
          seen.length === 1 && seen[0]?.[1] === value,
          show(Buffer.from(value, 'latin1')),
          () => JSON.stringify(seen),
        )
      }
      await served.respond(OK)
      await served.response()
    },
  }),
]

/** Pairs of byte strings; what is not one is a violation and is left out. */
function judgeHeaderTypes(trial: Trial, scope: PyDict): (readonly [string, string])[] {
  const headers = scope['headers']
  const pairs = Array.isArray(headers) ? headers : []
  const read = pairs.flatMap((pair) => {
    const [name, value] = Array.isArray(pair) ? pair : []
    if (!isBytes(name) || !isBytes(value)) return []
    return [[Buffer.from(name).toString('latin1'), Buffer.from(value).toString('latin1')] as const]
  })
  trial.check(
    'http/scope/headers-bytes',
    Array.isArray(headers) && read.length === pairs.length,
    'an iterable of [byte string, byte string]',
    () => show(headers),
  )
  return read
}

function byName(lines: readonly (readonly [string, string])[]): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const [name, value] of lines) {
    const key = name.toLowerCase()
    values.set(key, [...(values.get(key) ?? []), value])
  }
  return values
}
