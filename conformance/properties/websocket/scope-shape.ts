import fc from 'fast-check'
import * as http from '../../arbitraries/http.ts'
import * as arbitrary from '../../arbitraries/websocket.ts'
import type { Trial } from '../../testers/trial.ts'
import { isDict, isInt, type PyDict, type PyValue, show } from '../../testers/values.ts'
import { PLAIN } from '../../websocket/handshake.ts'
import { openWebSocket } from '../../websocket/open.ts'
import { judgeAsgiVersion } from '../asgi-version.ts'
import { exchangeProperty, type Property } from '../property.ts'

/** www.rst, "Websocket Connection Scope": what every scope holds, and of which types. */
export const scopeShape: readonly Property[] = [
  exchangeProperty({
    id: 'websocket/scope/type',
    law: 'every websocket scope is a dict with its type, the ASGI version and values of the exact types',
    clauses: [
      'websocket/scope/type',
      'websocket/scope/type-signified',
      'websocket/scope/asgi-version',
      'websocket/scope/spec-version',
      'websocket/scope/http-version',
      'websocket/scope/scheme',
      'websocket/scope/scheme-not-empty',
      'websocket/scope/root-path',
      'asgi/extensions/dict',
      'asgi/extensions/entry-dict',
    ],
    needs: ['websocket'],
    program: arbitrary.handshake,
    async run(trial, handshake) {
      const { scope } = await openWebSocket(trial, handshake)
      judgeAsgi(trial, scope)
      judgeConnection(trial, scope)
      judgeExtensions(trial, scope['extensions'])
    },
  }),
  exchangeProperty({
    id: 'websocket/scope/client',
    law: 'client and server, where given, are the two ends of the connection as [host, port]',
    clauses: ['websocket/scope/client', 'websocket/scope/server'],
    // A unix socket has addresses of another kind, and a law of its own.
    beyondTcp: ['tls'],
    needs: ['websocket'],
    program: fc.record({ path: http.path }),
    async run(trial, { path }) {
      const { scope, channel } = await openWebSocket(trial, { ...PLAIN, target: path })
      const { host, port } = trial.iut.running
      const { client, server } = scope
      judgeAddress(trial, 'websocket/scope/client', client, host, channel.wire.localPort)
      judgeAddress(trial, 'websocket/scope/server', server, host, port)
    },
  }),
]

function judgeAsgi(trial: Trial, { asgi, type }: PyDict): void {
  for (const clause of ['websocket/scope/type', 'websocket/scope/type-signified']) {
    trial.check(clause, type === 'websocket', '"websocket"', () => show(type))
  }
  const spec = isDict(asgi) ? asgi['spec_version'] : undefined
  judgeAsgiVersion(trial, ['websocket/scope/asgi-version'], asgi)
  trial.check(
    'websocket/scope/spec-version',
    spec === undefined || (typeof spec === 'string' && /^2\.\d+$/.test(spec)),
    'a version such as "2.3"',
    () => show(spec),
  )
}

function judgeConnection(trial: Trial, scope: PyDict): void {
  const { http_version: version, scheme, root_path: root } = scope
  const expected = trial.iut.secure ? 'wss' : 'ws'
  trial.check(
    'websocket/scope/http-version',
    version === undefined || version === '1.1',
    '"1.1" on a connection of HTTP/1.1',
    () => show(version),
  )
  trial.check('websocket/scope/scheme-not-empty', scheme !== '', 'a scheme that is not empty', () =>
    show(scheme),
  )
  trial.check(
    'websocket/scope/scheme',
    scheme === expected || (scheme === undefined && expected === 'ws'),
    trial.iut.secure ? '"wss" on a connection over TLS' : '"ws" on a plain connection',
    () => show(scheme),
  )
  trial.check(
    'websocket/scope/root-path',
    root === undefined || root === '',
    '"" when nothing is mounted',
    () => show(root),
  )
}

function judgeExtensions(trial: Trial, extensions: PyValue | undefined): void {
  if (extensions === undefined || extensions === null) return
  trial.check('asgi/extensions/dict', isDict(extensions), 'a dict', () => show(extensions))
  trial.check(
    'asgi/extensions/entry-dict',
    isDict(extensions) && Object.values(extensions).every((entry) => isDict(entry)),
    'entries that are dicts',
    () => show(extensions),
  )
}

function judgeAddress(
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
