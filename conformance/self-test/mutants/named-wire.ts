import cluster from 'node:cluster'
import { Server as NetServer, Socket } from 'node:net'
import { createSecureContext, type SecureContext, Server } from 'node:tls'
import type { LaunchRequest } from '../../../targets/target.ts'
import { scopes, sends } from '../sabotage/application.ts'
import { both, type Sabotage } from '../sabotage/sabotage.ts'
import { settings } from '../sabotage/settings.ts'
import { resetAll, type Tap } from '../sabotage/tap.ts'
import { aroundContexts, aroundTls } from '../sabotage/tls.ts'
import { heads, isNamed, requests, segments } from '../sabotage/wire.ts'
import { heardOnce, inSupervisor } from './fleet-drain.ts'
import type { Mutant } from './mutant.ts'

/** Clauses that other mutants break in passing, each by a defect of its own. */
export const namedWireMutants: readonly Mutant[] = [
  {
    id: 'named-wire/digits-of-any-script',
    property: 'wire/rfc9110/field-value-whitespace',
    clause: 'wire/rfc9112/octets',
    breaks: 'digits of any script count as digits in Content-Length, as they do in Unicode',
    sabotage: requests((bytes) =>
      bytes.replace(/(\r\ncontent-length: *)(?:\xd9\xa5|\xef\xbc\x95|5\xa0|\x855)\r/i, '$15\r'),
    ),
  },
  {
    id: 'named-wire/first-second-and-last',
    property: 'wire/rfc9112/invalid-request-line',
    clause: 'wire/rfc9112/request-line',
    breaks:
      'of a request line the first, the second and the last word count, however many there are',
    sabotage: requests((bytes) => bytes.replace(/^(\S+ \S+) [^\r\n]* (\S+)\r\n/, '$1 $2\r\n')),
  },
  {
    id: 'named-wire/rest-of-method-in-target',
    property: 'wire/rfc9112/request-line-8000',
    clause: 'wire/rfc9112/method-too-long',
    breaks: 'what a method has beyond its longest is taken for the beginning of the target',
    sabotage: requests((bytes) => bytes.replace(/^M{64}(M+) \/ /, 'GET /$1 ')),
  },
  {
    id: 'named-wire/long-target-cut',
    property: 'wire/rfc9112/request-line-8000',
    clause: 'wire/rfc9112/target-too-long',
    breaks: 'a path of more than 8000 octets is cut',
    sabotage: scopes((scope) => ({ ...scope, path: String(scope['path']).slice(0, 8000) })),
  },
  {
    id: 'named-wire/space-encoded',
    property: 'wire/rfc9112/invalid-request-line',
    clause: 'wire/rfc9112/no-autocorrection',
    breaks: 'a space in a target is encoded, and the request served',
    sabotage: requests((bytes) => bytes.replace(/^(GET \/\S+) (\S+ HTTP)/, '$1%20$2')),
  },
  {
    id: 'named-wire/asterisk-for-root',
    property: 'wire/rfc9112/absolute-form',
    clause: 'wire/rfc9112/asterisk-form',
    breaks: 'OPTIONS for the server as a whole reaches the application as GET for its root',
    sabotage: requests((bytes) => bytes.replace(/^OPTIONS \* /, 'GET / ')),
  },
  {
    id: 'named-wire/capitals-unknown',
    property: 'wire/rfc9112/te-chunked-not-final',
    clause: 'wire/rfc9112/chunked-parsed',
    breaks: 'the chunked coding is not known by its name in capitals',
    sabotage: requests((bytes) =>
      bytes.replace(/(\r\ntransfer-encoding: *)CHUNKED\r/i, (line, name: string) =>
        line.endsWith('CHUNKED\r') ? `${name}unchunked\r` : line,
      ),
    ),
  },
  {
    id: 'named-wire/length-overrides-coding',
    property: 'wire/rfc9112/te-and-cl',
    clause: 'wire/rfc9112/te-overrides-cl',
    breaks: 'Content-Length overrides Transfer-Encoding',
    sabotage: requests((bytes) =>
      /\r\ncontent-length: *\d+\r/i.test(bytes)
        ? bytes.replace(/\r\ntransfer-encoding:[^\r]*/i, '')
        : bytes,
    ),
  },
  {
    id: 'named-wire/chunk-skipped-for-extension',
    property: 'wire/rfc9110/fields-too-large',
    clause: 'wire/rfc9112/chunk-extensions-limited',
    breaks: 'a chunk whose extension is too long is left out of the content',
    sabotage: requests((bytes) => bytes.replace(/5;a=e{3000,}\r\nhello\r\n/, '')),
  },
  {
    id: 'named-wire/line-ends-in-two-returns',
    property: 'wire/rfc9112/self-delimited',
    clause: 'wire/rfc9112/no-bare-cr-sent',
    breaks: 'the line of Date ends with one CR more',
    sabotage: heads((head) => ({
      ...head,
      lines: head.lines.map((line) => (isNamed(line, 'date') ? `${line}\r` : line)),
    })),
  },
  {
    id: 'named-wire/folded-behind-comma',
    property: 'wire/rfc9112/self-delimited',
    clause: 'wire/rfc9112/no-obs-fold-sent',
    breaks: 'field lines are folded behind a comma',
    sabotage: heads((head) => ({
      ...head,
      lines: head.lines.map((line) => line.replace(', ', ',\r\n ')),
    })),
  },
  {
    id: 'named-wire/chunked-by-name-twice',
    property: 'wire/rfc9112/self-delimited',
    clause: 'wire/rfc9112/chunked-once',
    breaks: 'the chunked coding is named twice',
    sabotage: heads((head) => ({
      ...head,
      lines: head.lines.map((line) =>
        isNamed(line, 'transfer-encoding') ? `${line}, chunked` : line,
      ),
    })),
  },
  {
    id: 'named-wire/ends-without-a-word',
    property: 'wire/rfc9112/self-delimited',
    clause: 'wire/rfc9112/non-persistent-says-close',
    breaks: 'every connection ends behind its first response, and none says so',
    sabotage: endedBehindResponses(),
  },
  {
    id: 'named-wire/idle-connections-reset',
    property: 'config/timeout-keep-alive',
    clause: 'wire/rfc9112/graceful-timeout-close',
    breaks: 'a connection that was idle for too long is reset',
    sabotage: resetWhenIdle(),
  },
  {
    id: 'named-wire/ended-by-truncation',
    property: 'wire/rfc9112/tls-close-notify',
    clause: 'wire/rfc9112/tls-incomplete-close',
    breaks: 'a client that goes without a closure alert, while its request waits, ends the server',
    sabotage: endedByTruncation(),
  },
  {
    id: 'named-wire/host-before-the-at',
    property: 'wire/rfc9112/absolute-form',
    clause: 'wire/rfc9110/userinfo-is-error',
    breaks:
      'the host of a target in absolute form ends at the at sign, behind the user information',
    sabotage: requests((bytes) => bytes.replace(/^(GET http:\/\/[^\s/@:]+)[^\s/@]*@a\//, '$1/')),
  },
  {
    id: 'named-wire/too-many-unknown',
    property: 'wire/rfc9110/fields-too-large',
    clause: 'wire/rfc9110/unknown-fields-ignored',
    breaks: 'a request with more than 20 fields that the server does not know is refused',
    sabotage: requests((bytes) =>
      (bytes.match(/\r\nx-unknown/gi) ?? []).length > 20 ? bytes.replace('GET', 'G@T') : bytes,
    ),
  },
  {
    id: 'named-wire/version-of-the-client',
    property: 'wire/rfc9110/response-version',
    clause: 'wire/rfc9110/response-version',
    breaks: 'a response has the version of its request',
    sabotage: heads((head, tap) => ({
      ...head,
      statusLine: tap.head.includes(' HTTP/1.0\r\n')
        ? head.statusLine.replace('HTTP/1.1', 'HTTP/1.0')
        : head.statusLine,
    })),
  },
  {
    id: 'named-wire/checksum-merged',
    property: 'wire/rfc9112/trailers-not-merged',
    clause: 'wire/rfc9110/trailers-not-merged',
    breaks: 'a checksum in the trailers stands among the headers',
    sabotage: requests((bytes) => {
      const trailer = /\r\n0\r\n(X-Checksum: [^\r]*)\r\n/.exec(bytes)?.[1]
      return trailer === undefined ? bytes : bytes.replace('\r\n', `\r\n${trailer}\r\n`)
    }),
  },
  {
    id: 'named-wire/nameless-upgrade',
    property: 'wire/rfc9110/upgrade-case-insensitive',
    clause: 'wire/rfc9110/upgrade-in-101',
    breaks: 'a 101 does not name the new protocol',
    sabotage: {
      outgoing: (bytes) =>
        bytes.startsWith('HTTP/1.1 101 ') ? bytes.replace(/\r\nupgrade:[^\r]*/i, '') : bytes,
    },
  },
  {
    id: 'named-wire/upgraded-from-http10',
    property: 'wire/rfc9110/upgrade-only-to-offered',
    clause: 'wire/rfc9110/upgrade-http10-ignored',
    breaks: 'an Upgrade in HTTP/1.0 is heeded as in HTTP/1.1',
    sabotage: requests((bytes) =>
      /\r\nupgrade: *websocket/i.test(bytes) ? bytes.replace(' HTTP/1.0\r', ' HTTP/1.1\r') : bytes,
    ),
  },
  {
    id: 'named-wire/known-length-dropped',
    property: 'wire/rfc9112/self-delimited',
    clause: 'wire/rfc9110/content-length-when-known',
    breaks:
      'a response whose length is known ends with its connection, and does not say the length',
    sabotage: both(
      heads((head) => ({
        ...head,
        lines: head.lines.filter((line) => !isNamed(line, 'content-length')),
      })),
      endedBehindResponses(),
    ),
  },
  {
    id: 'named-wire/small-letters-answered',
    property: 'wire/rfc9112/grammar-mismatch',
    clause: 'wire/rfc9110/method-case-sensitive',
    breaks: 'a method in small letters is answered with 200, and nobody was asked',
    sabotage: segments((bytes, tap) => {
      if (!/^(get|Get|gET) /.test(bytes)) return bytes
      tap.refuse(200)
      return ''
    }),
  },
  {
    id: 'named-wire/no-head',
    property: 'wire/rfc9110/head-content-length',
    clause: 'wire/rfc9110/get-and-head',
    breaks: 'HEAD is refused as a method that is not implemented',
    sabotage: requests((bytes, tap) => {
      if (!bytes.startsWith('HEAD ')) return bytes
      tap.refuse(501)
      return ''
    }),
  },
  {
    id: 'named-wire/bare-head',
    property: 'wire/rfc9110/head-content-length',
    clause: 'wire/rfc9110/head-same-fields',
    breaks: 'HEAD is answered with the fields of the server alone',
    sabotage: heads((head, tap) => ({
      ...head,
      lines: tap.head.startsWith('HEAD ')
        ? head.lines.filter((line) =>
            /^(date|server|connection|keep-alive|content-length):/i.test(line),
          )
        : head.lines,
    })),
  },
  {
    id: 'named-wire/tunnel-to-nowhere',
    property: 'wire/rfc9112/absolute-form',
    clause: 'wire/rfc9110/connect-invalid-port',
    breaks: 'CONNECT without a port, or with none that is a number, is answered with 200',
    sabotage: requests((bytes, tap) => {
      if (!/^CONNECT a(:|:x)? /.test(bytes)) return bytes
      tap.refuse(200)
      return ''
    }),
  },
  {
    id: 'named-wire/invitation-behind-content',
    property: 'wire/rfc9110/expect-100',
    clause: 'wire/rfc9110/expect-100-not-withheld',
    breaks: '100 (Continue) comes when the content has begun to come',
    sabotage: invitedLate(),
  },
  {
    id: 'named-wire/old-tls',
    property: 'wire/rfc9325/versions',
    clause: 'wire/rfc9325/tls-1-1-refused',
    breaks: 'TLS 1.1 is spoken with those who speak nothing newer',
    sabotage: {
      process: () =>
        aroundContexts((given) => ({
          ...given,
          minVersion: 'TLSv1.1',
          ciphers: 'DEFAULT@SECLEVEL=0',
        })),
    },
  },
  {
    id: 'named-wire/older-tls-preferred',
    property: 'wire/rfc9325/versions',
    clause: 'wire/rfc9325/tls-1-3-preferred',
    breaks: 'TLS 1.3 is spoken only with clients that speak nothing older',
    sabotage: { process: preferOlder },
  },
  {
    id: 'named-wire/command-line-forgotten',
    property: 'config/command-line',
    clause: 'config/command-line',
    breaks: 'a flag on the command line is read and forgotten',
    sabotage: settings('command-line', ({ serverHeader: _off, ...given }) => given),
  },
  {
    id: 'named-wire/every-host',
    property: 'config/command-line',
    clause: 'config/host',
    breaks: 'whatever host was given, the server listens on all of them',
    sabotage: { process: () => listening((address) => ({ ...address, host: '0.0.0.0' })) },
  },
  {
    id: 'named-wire/port-of-its-own',
    property: 'config/command-line',
    clause: 'config/port',
    breaks: 'whatever port was given, the server takes any that is free',
    sabotage: { process: () => listening((address) => ({ ...address, port: 0 })) },
  },
  {
    id: 'named-wire/certificate-of-another',
    property: 'config/tls-certificate',
    clause: 'config/tls-certificate',
    breaks: 'the server presents another certificate than the one that it was given',
    sabotage: { launch: withCertificateOfAnother },
  },
  {
    id: 'named-wire/starts-and-hides',
    property: 'process/start-bind-failure',
    clause: 'process/start-listens',
    breaks: 'a server that has started listens on another port than the one it tells',
    sabotage: { process: () => listening((address) => ({ ...address, port: 0 })) },
  },
  {
    id: 'named-wire/worker-by-worker',
    property: 'config/workers',
    clause: 'process/workers-share-address',
    breaks: 'every worker but the first listens on a port of its own',
    sabotage: {
      process: () => listening((address) => (isFirstWorker() ? address : { ...address, port: 0 })),
    },
  },
  {
    id: 'named-wire/death-cuts-all',
    property: 'process/worker-replaced',
    clause: 'process/worker-death-isolated',
    breaks: 'when a worker dies, the connections of the others are cut',
    sabotage: both(
      inSupervisor(`cluster.once('exit', () => {
        for (const { process } of Object.values(cluster.workers)) process.kill('SIGWINCH')
      })`),
      { process: () => process.on('SIGWINCH', resetAll) },
    ),
  },
  {
    id: 'named-wire/one-worker-less-at-most',
    property: 'process/sigttin-adds-worker',
    clause: 'process/sigttou-removes-worker',
    breaks: 'a second SIGTTOU ends no worker',
    sabotage: heardOnce('SIGTTOU'),
  },
  {
    id: 'named-wire/no-end-to-grace',
    property: 'config/timeout-graceful-shutdown',
    clause: 'process/shutdown-grace-bounded',
    breaks: 'a request that never ends keeps the server alive for ten minutes',
    sabotage: settings('command-line', (given) => ({ ...given, timeoutShutdown: 600 })),
  },
]

function endedBehindResponses(): Sabotage {
  return sends(async (message, { send, tap }) => {
    await send(message)
    const ends = message['type'] === 'http.response.body' && message['more_body'] !== true
    if (ends) setImmediate(() => tap?.end())
  })
}

function isFirstWorker(): boolean {
  return (cluster.worker?.id ?? 1) === 1
}

/** Shorter than the time that any property sets. */
const IDLE_MS = 800

function resetWhenIdle(): Sabotage {
  const timers = new WeakMap<Tap, NodeJS.Timeout>()
  return both(
    segments((bytes, tap) => {
      clearTimeout(timers.get(tap))
      return bytes
    }),
    sends(async (message, { send, tap }) => {
      await send(message)
      const ends = message['type'] === 'http.response.body' && message['more_body'] !== true
      if (!ends || tap === null) return
      timers.set(tap, setTimeout(() => tap.reset(), IDLE_MS).unref())
    }),
  )
}

/** By the ports of their clients, requests that wait for the application. */
function endedByTruncation(): Sabotage {
  const waiting = new Set<number>()
  return {
    application: (app) => async (scope, receive, send) => {
      const client = scope['client']
      const port = Array.isArray(client) ? Number(client[1]) : 0
      waiting.add(port)
      await app(scope, receive, send).finally(() => waiting.delete(port))
    },
    process: () =>
      aroundTls('emit', ({ remotePort = 0 }, [event], proceed) => {
        if (event === 'end' && waiting.has(remotePort)) process.exit(1)
        return proceed()
      }),
  }
}

const INVITATION = /^HTTP\/1\.1 100 /

function invitedLate(): Sabotage {
  const owed = new WeakMap<Tap, string>()
  return {
    outgoing: (bytes, tap) => {
      if (!INVITATION.test(bytes)) return bytes
      owed.set(tap, bytes)
      return null
    },
    incoming: (bytes, tap) => {
      const invitation = owed.get(tap)
      owed.delete(tap)
      if (invitation !== undefined) tap.inject(invitation)
      return bytes
    },
  }
}

/** supported_versions, with TLS 1.2 behind a newer one (RFC 8446 §4.2.1). */
const OFFERS_BOTH = new RegExp(String.raw`\0\x2b\0.[^]{1,8}?\x03\x03`)

/** A connection is looked at before the server of TLS takes it. */
function preferOlder(): void {
  let older: SecureContext | null = null
  const emit: unknown = Reflect.get(Server.prototype, 'emit')
  if (typeof emit !== 'function') return
  aroundContexts((given) => {
    older = createSecureContext({ ...given, maxVersion: 'TLSv1.2' })
    return given
  })
  Reflect.set(Server.prototype, 'emit', function heard(this: Server, ...event: unknown[]) {
    const [name, socket] = event
    if (name !== 'connection' || !(socket instanceof Socket))
      return Reflect.apply(emit, this, event)
    socket.once('data', (hello: Buffer) => {
      socket.pause()
      socket.unshift(hello)
      const usual: unknown = Reflect.get(this, '_sharedCreds')
      if (OFFERS_BOTH.test(hello.toString('latin1'))) Reflect.set(this, '_sharedCreds', older)
      Reflect.apply(emit, this, event)
      Reflect.set(this, '_sharedCreds', usual)
    })
    return true
  })
}

interface Address {
  readonly host?: string
  readonly port?: number
}

/** Changes where servers of this process listen. */
function listening(edit: (address: Address) => Address): void {
  const listen: unknown = Reflect.get(NetServer.prototype, 'listen')
  if (typeof listen !== 'function') return
  Reflect.set(NetServer.prototype, 'listen', function moved(this: NetServer, ...given: unknown[]) {
    const [address, ...rest] = given
    const changed = typeof address === 'object' && address !== null ? edit(address) : address
    return Reflect.apply(listen, this, [changed, ...rest])
  })
}

/** The one of RSA lies beside it. */
function another(path: string): string {
  return path.replace(/server(\.\w+)$/, 'rsa$1')
}

function withCertificateOfAnother(request: LaunchRequest): LaunchRequest {
  const given = request.settings?.['command-line']
  if (given?.tls === undefined) return request
  const { certificate, key } = given.tls
  const tls = { ...given.tls, certificate: another(certificate), key: another(key) }
  return { ...request, settings: { ...request.settings, 'command-line': { ...given, tls } } }
}
