import cluster from 'node:cluster'
import type { Sabotage } from '../sabotage/sabotage.ts'
import type { Mutant } from './mutant.ts'

/** The end of a server with several workers, gone wrong. */
export const fleetDrainMutants: readonly Mutant[] = [
  {
    id: 'fleet-drain/first-worker-alone',
    property: 'process/sigterm-drains/every-worker',
    clause: 'process/sigterm-drains',
    breaks: 'only the first worker waits for its requests',
    sabotage: {
      process: () => {
        if ((cluster.worker?.id ?? 1) > 1) process.once('SIGTERM', () => process.exit(0))
      },
    },
  },
  {
    id: 'fleet-drain/one-less-while-draining',
    property: 'process/sigterm-drains/every-worker',
    clause: 'process/sigterm-drains',
    breaks: 'SIGTTOU cuts a worker that is to answer what it has in flight',
    sabotage: onDraining('SIGTTOU', "Object.values(cluster.workers)[0].process.kill('SIGKILL')"),
  },
  {
    id: 'fleet-drain/one-more-while-draining',
    property: 'process/sigterm-drains/every-worker',
    clause: 'process/signals-while-draining',
    breaks: 'SIGTTIN starts one more worker while the server stops',
    sabotage: onDraining('SIGTTIN', 'cluster.fork()'),
  },
]

function onDraining(signal: NodeJS.Signals, statement: string): Sabotage {
  return inSupervisor(`const act = () => { ${statement} }
    process.once('SIGTERM', () => process.once('${signal}', act))`)
}

/** The supervisor runs no code of the suite's: a module comes in ahead of its own. */
export function inSupervisor(statements: string): Sabotage {
  const code = `import cluster from 'node:cluster'
    import { ServerResponse } from 'node:http'
    if (cluster.isPrimary) { ${statements} }`
  const options = `--import data:text/javascript,${encodeURIComponent(code).replaceAll("'", '%27')}`
  return {
    launch: (request) => ({
      ...request,
      environment: { ...request.environment, NODE_OPTIONS: options },
    }),
  }
}

/** The supervisor acts on the first of these signals, and on no other. */
export function heardOnce(signal: NodeJS.Signals): Sabotage {
  return inSupervisor(`process.once('${signal}', () => {
      process.removeAllListeners('${signal}')
      process.on('${signal}', () => undefined)
    })`)
}
