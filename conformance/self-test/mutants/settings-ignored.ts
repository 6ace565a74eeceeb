import type { Settings } from '../../../targets/settings.ts'
import type { Application, LaunchRequest } from '../../../targets/target.ts'
import { scopes } from '../sabotage/application.ts'
import { settings } from '../sabotage/settings.ts'
import type { Mutant } from './mutant.ts'

/** Settings that the server does not heed, one by one (config/ in the catalogue). */
export const ignoredSettingsMutants: readonly Mutant[] = [
  forgotten('config/invalid-value-refused', (given) => ({ ...given, port: 0 })),
  forgotten('config/proxy-headers', (given) => ({ ...given, proxyHeaders: false })),
  {
    ...forgotten('config/proxy-headers', (given) => given),
    id: 'settings/proxy-headers-without-handshakes',
    breaks: 'what a proxy says of a handshake is not heeded',
    sabotage: scopes((scope) => ({ ...scope, client: ['127.0.0.1', 4711] }), 'websocket'),
  },
  forgotten('config/proxy-headers-off', (given) => ({ ...given, proxyHeaders: true })),
  forgotten('config/proxy-trusted-networks', (given) => ({ ...given, trustedProxies: ['*'] })),
  forgotten('config/server-header', without('serverHeader')),
  forgotten('config/date-header', without('dateHeader')),
  forgotten('config/default-headers', without('defaultHeaders')),
  forgotten('config/limit-max-requests', without('limitMaxRequests')),
  forgotten('config/limit-request-line', without('limitRequestLine')),
  {
    ...forgotten('config/limit-request-line', without('limitRequestLine')),
    id: 'settings/limit-request-line-not-raised',
    property: 'config/limit-request-line/raised',
    breaks: 'a limit of request lines can be lowered and not raised',
  },
  forgotten('config/limit-header-size', without('limitHeaderBytes')),
  forgotten('config/limit-header-count', without('limitHeaderCount')),
  forgotten('config/limit-body-size', without('limitBody')),
  forgotten('config/timeout-keep-alive', without('timeoutKeepAlive')),
  forgotten('config/timeout-header-read', without('timeoutHeader')),
  forgotten('config/timeout-write-stall', without('timeoutStall')),
  forgotten('config/timeout-graceful-shutdown', without('timeoutShutdown')),
  forgotten('config/websocket-off', without('webSocket')),
  forgotten('config/websocket-max-size', without('webSocketMaxSize')),
  {
    ...forgotten('config/websocket-max-size', (given) =>
      given.webSocketMaxSize === undefined
        ? given
        : { ...given, webSocketMaxSize: given.webSocketMaxSize - 1 },
    ),
    id: 'settings/websocket-max-size-exclusive',
    breaks: 'a message that is just as long as the limit is taken for one beyond it',
  },
  forgotten('config/websocket-max-queue', (given) => ({ ...given, webSocketMaxQueue: 20_000 })),
  forgotten('config/websocket-ping-interval', without('webSocketPingInterval')),
  forgotten('config/websocket-ping-timeout', (given) => ({
    ...given,
    webSocketPingTimeout: 60,
  })),
  forgotten('config/websocket-deflate', without('webSocketCompression')),
  forgotten('config/application-factory', without('factory')),
  forgotten('config/reload', without('reload')),
  forgotten('config/access-log', (given) => ({ ...given, accessLog: false })),
  {
    ...forgotten('config/access-log', (given) => ({ ...given, accessLog: false })),
    id: 'settings/access-log-without-files',
    property: 'config/access-log/file',
    breaks: 'responses whose content is a file are not logged',
  },
  forgotten('config/log-format', without('logFormat')),
  forgotten('config/log-file', (given) => given),
  forgotten('config/pid-file', (given) => given),
  forgotten('config/uds-permissions', (given) => given),
  forgotten('config/several-addresses', (given) => given),
  forgotten('config/server-names', (given) => given),
  forgotten('config/http2-limits', (given) => given),
  forgotten('config/keep-alive-off', (given) => given),
  forgotten('config/limit-keep-alive-requests', (given) => given),
  forgotten('config/limit-field-size', (given) => given),
  forgotten('config/timeout-read', (given) => given),
  forgotten('config/timeout-response', (given) => given),
  forgotten('config/timeout-websocket', (given) => given),
  forgotten('config/timeout-websocket-opening', (given) => given),
  forgotten('config/timeout-application-close', (given) => given),
  forgotten('config/timeout-lifespan-startup', (given) => given),
  forgotten('config/reload-exclude', (given) => given),
  forgotten('config/tls-key-password', withoutTls('keyPassword')),
  forgotten('config/tls-minimum-version', withoutTls('minimumVersion')),
  forgotten('config/tls-ciphers', withoutTls('ciphers')),
  forgotten('config/tls-alpn', withoutTls('alpn')),
  launched('config/host-ipv6', 'the server listens on IPv4 whatever it is told', (request) => ({
    ...request,
    extraArgs: ['--host', '127.0.0.1'],
  })),
  {
    ...forgotten('config/shown', without('show')),
    breaks: 'settings of the environment are not told',
    sabotage: settings('environment', () => ({})),
  },
  {
    ...forgotten('config/shown', without('show')),
    id: 'settings/shown-and-served',
    breaks: 'the server serves although it was asked for its settings',
  },
  launched('config/port-zero', 'the port that was taken is told to nobody', (request) => ({
    ...request,
    extraArgs: ['--log-level', 'error'],
  })),
  launched(
    'config/fd',
    'the inherited socket is passed over',
    ({ inherits, ...request }: LaunchRequest) => {
      inherits?.close()
      return { ...request, extraArgs: ['--port', '0'] }
    },
  ),
  {
    id: 'settings/fd-clients-untold',
    property: 'config/fd',
    clause: 'config/fd-addresses',
    breaks: 'of connections to an inherited socket the client is not told',
    sabotage: scopes((scope) =>
      process.argv.includes('--fd') ? { ...scope, client: null } : scope,
    ),
  },
  {
    id: 'settings/fd-path-empty',
    property: 'config/fd',
    clause: 'http/scope/server-unix',
    breaks: 'of an inherited unix socket the path is empty',
    sabotage: scopes((scope) => {
      const { server } = scope
      const isPath = Array.isArray(server) && server[1] === null
      return process.argv.includes('--fd') && isPath ? { ...scope, server: ['', null] } : scope
    }),
  },
  launched('config/application-reference', 'another export is looked for', missing),
  launched('config/application-directory', 'the application is looked for elsewhere', missing),
  launched('config/lifespan-on', 'lifespan on is taken for auto', (request) => ({
    ...request,
    lifespan: 'auto',
  })),
  launched('config/lifespan-off', 'lifespan off is taken for auto', (request) => ({
    ...request,
    lifespan: 'auto',
  })),
  launched('config/lifespan-auto', 'lifespan auto is taken for on', (request) => ({
    ...request,
    lifespan: 'on',
  })),
]

type Edit = (given: Settings) => Settings

/** The property has the id of the clause that its setting is about. */
function forgotten(clause: string, edit: Edit): Mutant {
  const id = clause.replace('config/', 'settings/')
  const breaks = `what ${clause} is about is not heeded`
  return { id, property: clause, clause, breaks, sabotage: settings('command-line', edit) }
}

function launched(
  clause: string,
  breaks: string,
  launch: (request: LaunchRequest) => LaunchRequest,
): Mutant {
  const id = clause.replace('config/', 'settings/')
  return { id, property: clause, clause, breaks, sabotage: { launch } }
}

function without(name: keyof Settings): Edit {
  return (given) => Object.fromEntries(Object.entries(given).filter(([key]) => key !== name))
}

function withoutTls(name: keyof NonNullable<Settings['tls']>): Edit {
  return (given) => {
    const { tls } = given
    if (tls === undefined) return given
    const { certificate, key, clientAuthority, ...more } = tls
    const rest = Object.fromEntries(Object.entries(more).filter(([other]) => other !== name))
    return { ...given, tls: { certificate, key, clientAuthority, ...rest } }
  }
}

function missing(request: LaunchRequest): LaunchRequest {
  const { node, python } = request.application
  const application: Application = { python, node: { ...node, exportName: 'nothing' } }
  return { ...request, application }
}
