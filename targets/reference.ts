import { option, type ServerDescriptor } from './descriptor.ts'

/** The server of this package: the oracle of the conformance suite and the yardstick of load. */
export const reference: ServerDescriptor = {
  name: 'reference',
  summary: 'the bundled TypeScript server; needs no Python',
  source: { kind: 'bundled' },
  axes: [],
  fixedArgs: () => [],
  command: ({ application, host, port, workers, lifespan }) => [
    application,
    ...option('--host', host),
    ...option('--port', port),
    ...option('--workers', workers),
    ...option('--lifespan', lifespan),
  ],
  capabilities: () => ['http/1.1', 'lifespan', 'lifespan/state', 'client-address', 'root-path'],
}
