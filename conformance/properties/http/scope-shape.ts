import fc from 'fast-check'
import * as arbitrary from '../../arbitraries/http.ts'
import type { Channel } from '../../testers/channel.ts'
import { http } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { isBytes, isDict, isInt, type PyDict, type PyValue, show } from '../../testers/values.ts'
import { judgeAsgiVersion } from '../asgi-version.ts'
import { exchangeProperty, type Property } from '../property.ts'

const OK = { status: 204 }

/** asgi.rst "Connection Scope" and www.rst "HTTP Connection Scope": what every scope holds. */
export const scopeShape: readonly Property[] = [
  exchangeProperty({
    id: 'http/scope/type',
    law: 'every scope is a dict with its type, the ASGI version and values of the exact types',
    clauses: [
      'asgi/scope/is-dict',
      'asgi/scope/type-present',
      'asgi/scope/asgi-version',
      'asgi/types/strings-and-bytes',
      'asgi/scope/type-unicode',
      'asgi/types/dict-keys',
      'asgi/extensions/announced',
      'asgi/extensions/dict',
      'http/scope/type',
      'http/scope/type-signified',
      'http/scope/asgi-version',
      'http/scope/scheme-not-empty',
      'http/scope/spec-version',
      'http/scope/scheme',
      'http/scope/root-path',
    ],
    program: arbitrary.request,
    async run(trial, request) {
      const exchange = await trial.open(request)
      judgeShape(trial, exchange.scope)
      await exchange.respond(OK)
      await exchange.response()
    },
  }),
  exchangeProperty({
    id: 'http/scope/method',
    law: 'the method of the request line reaches the application, uppercased',
    clauses: ['http/scope/method'],
    program: fc.record({
      method: arbitrary.method,
      path: arbitrary.path,
      lower: fc.nat(7),
    }),
    async run(trial, { method, path, lower }) {
      const written =
        lower === 0 ? method.toLowerCase() : lower === 1 ? capitalised(method) : method
      // Methods are case-sensitive (RFC 9110 §9.1): a server need not know one in lower case.
      const { served } = await trial.attempt(
        {
          method: written,
          target: path,
          version: '1.1',
          headers: [],
          body: { framing: 'none' },
        },
        { fresh: written !== method },
      )
      if (served === null && written !== method) return
      const seen = served?.scope['method']
      trial.check('http/scope/method', seen === method, show(method), () => show(seen))
      if (served === null) return
      await served.respond(OK)
      await served.response()
    },
  }),
  exchangeProperty({
    id: 'http/scope/http-version',
    law: 'http_version is the version of the request line',
    clauses: ['http/scope/http-version'],
    program: fc.record({
      version: fc.constantFrom('1.0' as const, '1.1' as const),
      path: arbitrary.path,
      /** Behind a request of HTTP/1.0 on the same connection, where the server keeps that. */
      behind: fc.constantFrom(false, false, false, true),
    }),
    async run(trial, { version, path, behind }) {
      const channel = behind ? await behindOld(trial) : null
      const exchange = await trial.open(
        { method: 'GET', target: path, version, headers: [], body: { framing: 'none' } },
        channel?.wire.usable ? { channel } : { fresh: version === '1.0' },
      )
      const seen = exchange.scope['http_version']
      trial.check('http/scope/http-version', seen === version, show(version), () => show(seen))
      await exchange.respond(OK)
      await exchange.response()
    },
  }),
  exchangeProperty({
    id: 'http/scope/addresses',
    law: 'client and server, where given, are the two ends of the connection as [host, port]',
    clauses: ['http/scope/client', 'http/scope/server'],
    // A unix socket has addresses of another kind, and a law of its own.
    beyondTcp: ['tls'],
    program: arbitrary.path,
    async run(trial, path) {
      const exchange = await trial.open({
        method: 'GET',
        target: path,
        version: '1.1',
        headers: [],
        body: { framing: 'none' },
      })
      const { client, server } = exchange.scope
      const { host, port } = trial.iut.running
      judgeAddress(trial, 'http/scope/client', client, host, exchange.channel.wire.localPort)
      judgeAddress(trial, 'http/scope/server', server, host, port)
      await exchange.respond(OK)
      await exchange.response()
    },
  }),
]

function judgeShape(trial: Trial, scope: PyDict): void {
  const { asgi, type, scheme, root_path: root, extensions } = scope
  trial.check('asgi/scope/is-dict', isDict(scope), 'a dict', () => show(scope))
  trial.check('asgi/scope/type-present', typeof type === 'string', 'a Unicode string', () =>
    show(type),
  )
  for (const clause of [
    'http/scope/type',
    'http/scope/type-signified',
    'asgi/scope/type-unicode',
  ]) {
    trial.check(clause, type === 'http', '"http"', () => show(type))
  }
  const expected = trial.iut.secure ? 'https' : 'http'
  const spec = isDict(asgi) ? asgi['spec_version'] : undefined
  judgeAsgiVersion(trial, ['asgi/scope/asgi-version', 'http/scope/asgi-version'], asgi)
  trial.check(
    'http/scope/spec-version',
    spec === undefined || isVersion(spec),
    'a version such as "2.3"',
    () => show(spec),
  )
  trial.check(
    'http/scope/scheme',
    scheme === expected || (scheme === undefined && expected === 'http'),
    trial.iut.secure ? '"https" on a connection over TLS' : '"http" on a plain connection',
    () => show(scheme),
  )
  trial.check('http/scope/scheme-not-empty', scheme !== '', 'a scheme that is not empty', () =>
    show(scheme),
  )
  trial.check(
    'http/scope/root-path',
    root === undefined || root === '',
    '"" when nothing is mounted',
    () => show(root),
  )
  const entries = isDict(extensions) ? Object.values(extensions) : []
  trial.check(
    'asgi/extensions/dict',
    extensions === undefined ||
      extensions === null ||
      (isDict(extensions) && entries.every((entry) => isDict(entry))),
    'a dict of dicts',
    () => show(extensions),
  )
  trial.check(
    'asgi/extensions/announced',
    extensions === undefined || extensions === null || isDict(extensions),
    'extensions that are a dict',
    () => show(extensions),
  )
  trial.check(
    'asgi/types/dict-keys',
    !Object.keys(scope).some((key) => /^<.*>$/s.test(key)),
    'keys that are Unicode strings',
    () => show(scope),
  )
  judgeTypes(trial, scope)
}

const UNICODE = ['http_version', 'method', 'path'] as const
const BYTES = ['query_string'] as const

function judgeTypes(trial: Trial, scope: PyDict): void {
  for (const key of UNICODE) {
    trial.check(
      'asgi/types/strings-and-bytes',
      typeof scope[key] === 'string',
      `${key} is a Unicode string`,
      () => show(scope[key]),
    )
  }
  for (const key of BYTES) {
    trial.check(
      'asgi/types/strings-and-bytes',
      isBytes(scope[key]),
      `${key} is a byte string`,
      () => show(scope[key]),
    )
  }
}

function isVersion(value: PyValue): boolean {
  return typeof value === 'string' && /^2\.\d+$/.test(value)
}

export function judgeAddress(
  trial: Trial,
  clause: string,
  seen: PyValue | undefined,
  host: string,
  port: number,
): void {
  if (seen === undefined || seen === null) return
  const items = Array.isArray(seen) ? seen : []
  const holds = items.length === 2 && items[0] === host && isInt(items[1]) && items[1] === port
  trial.check(clause, holds, `[${show(host)}, ${port}]`, () => show(seen))
}

function capitalised(method: string): string {
  return `${method.slice(0, 1)}${method.slice(1).toLowerCase()}`
}

/** A connection that has carried a request of HTTP/1.0. */
async function behindOld(trial: Trial): Promise<Channel> {
  const channel = await trial.connect()
  const old = { ...http.get('/old', [['Connection', 'keep-alive']]), version: '1.0' as const }
  const exchange = await trial.open(old, { channel })
  await exchange.respond({ status: 200, headers: [['content-length', '2']], body: ['ok'] })
  await exchange.response()
  await trial.iut.cameWithinQuiet(channel.wire.closed)
  return channel
}
