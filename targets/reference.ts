import { option, type ServerDescriptor } from './descriptor.ts'
import { given, prefixedVariables } from './settings.ts'

/** The server of this package: the oracle of the conformance suite and the yardstick of load. */
export const reference: ServerDescriptor = {
  name: 'reference',
  summary: 'the bundled TypeScript server; needs no Python',
  source: { kind: 'bundled' },
  axes: [],
  fixedArgs: () => [],
  command: ({ application, lifespan }) => [application, ...option('--lifespan', lifespan)],
  settings: {
    terms: ({ host, port, uds, workers, logLevel, rootPath, limitConcurrency, tls }) =>
      given(
        { option: 'host', value: host },
        { option: 'port', value: port },
        { option: 'uds', value: uds },
        { option: 'workers', value: workers },
        { option: 'log-level', value: logLevel === 'warning' ? 'warn' : logLevel },
        { option: 'root-path', value: rootPath },
        { option: 'limit-concurrency', value: limitConcurrency },
        { option: 'tls-cert', value: tls?.certificate },
        { option: 'tls-key', value: tls?.key },
        { option: 'tls-ca', value: tls?.clientAuthority },
        { option: 'tls-client-cert', value: tls?.clientAuthority && 'required' },
      ),
    environment: prefixedVariables('ASSAY_'),
    file: (terms) => ({
      name: 'assay.config.json',
      text: JSON.stringify({
        serve: Object.fromEntries(terms.map(({ option: name, value }) => [name, value])),
      }),
      args: (path) => ['--config', path],
    }),
  },
  capabilities: () => [
    'http/1.1',
    'lifespan',
    'process',
    'process/drains-on-sigterm',
    'process/drains-on-sigint',
    'config/command-line',
    'lifespan/state',
    'client-address',
    'root-path',
    'tls',
    'tls/client-certificates',
    'extension/tls',
    'workers',
    'worker-replacement',
    'uds',
    'config/environment',
    'config/file',
    'config/precedence',
    'limit/concurrency',
    'log-level',
  ],
}
