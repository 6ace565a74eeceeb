import type { SettingSource } from '../../../targets/settings.ts'
import { scopes } from '../sabotage/application.ts'
import { settings } from '../sabotage/settings.ts'
import type { Mutant } from './mutant.ts'

/** Settings that are ignored, or mixed up (the documentation of each server; config/ in the catalogue). */
export const configurationMutants: readonly Mutant[] = [
  {
    id: 'configuration/root-path-option-ignored',
    property: 'config/command-line',
    clause: 'config/root-path',
    breaks: 'the root path on the command line is ignored',
    sabotage: withoutRootPath('command-line'),
  },
  {
    id: 'configuration/environment-ignored',
    property: 'config/environment',
    clause: 'config/environment',
    breaks: 'the root path in the environment is ignored',
    sabotage: withoutRootPath('environment'),
  },
  {
    id: 'configuration/file-ignored',
    property: 'config/file',
    clause: 'config/file',
    breaks: 'the root path in the configuration file is ignored',
    sabotage: withoutRootPath('file'),
  },
  {
    id: 'configuration/environment-beats-command-line',
    property: 'config/precedence',
    clause: 'config/precedence',
    breaks: 'the port in the environment counts more than the one on the command line',
    sabotage: {
      launch: (request) => {
        const port = request.settings?.environment?.port
        return port === undefined ? request : { ...request, extraArgs: ['--port', String(port)] }
      },
    },
  },
  {
    id: 'configuration/unknown-option-ignored',
    property: 'config/unknown-option-refused',
    clause: 'config/unknown-option-refused',
    breaks: 'an unknown option is passed over',
    sabotage: { launch: (request) => ({ ...request, extraArgs: [] }) },
  },
  {
    id: 'configuration/log-level-ignored',
    property: 'config/log-level',
    clause: 'config/log-level',
    breaks: 'the server logs at level info whatever level was set',
    sabotage: settings('command-line', (given) => ({ ...given, logLevel: 'info' })),
  },
  {
    id: 'configuration/log-level-never-silent',
    property: 'config/log-level/ends',
    clause: 'config/log-level',
    breaks: 'errors are logged at every level',
    sabotage: settings('command-line', ({ logLevel = 'info', ...given }) => ({
      ...given,
      logLevel: logLevel === 'critical' ? 'error' : logLevel,
    })),
  },
  {
    id: 'configuration/log-level-debug-is-silent',
    property: 'config/log-level/ends',
    clause: 'config/log-level',
    breaks: 'the least grave level is taken for the gravest',
    sabotage: settings('command-line', ({ logLevel = 'info', ...given }) => ({
      ...given,
      logLevel: logLevel === 'debug' ? 'critical' : logLevel,
    })),
  },
  {
    id: 'configuration/unix-server-as-address',
    property: 'config/uds',
    clause: 'http/scope/server-unix',
    breaks: 'server on a unix socket is a host and a port',
    sabotage: scopes((scope) => ({ ...scope, server: ['127.0.0.1', 80] })),
  },
  {
    id: 'configuration/two-lifespans-a-worker',
    property: 'config/workers',
    clause: 'lifespan/once-per-event-loop',
    breaks: 'each worker opens a second lifespan scope',
    sabotage: {
      application: (app) => async (scope, receive, send) => {
        const first = app(scope, receive, send)
        if (scope['type'] === 'lifespan')
          void app(scope, () => new Promise(() => undefined), send).catch(() => undefined)
        await first
      },
    },
  },
  {
    id: 'configuration/concurrency-unlimited',
    property: 'config/limit-concurrency',
    clause: 'config/limit-concurrency',
    breaks: 'the limit of concurrency is ignored',
    sabotage: settings('command-line', (given) => ({ ...given, limitConcurrency: 1_000_000 })),
  },
]

function withoutRootPath(source: SettingSource): Mutant['sabotage'] {
  return settings(source, (given) => ({ ...given, rootPath: '' }))
}
