import cluster from 'node:cluster'
import { PROBE } from '../../probe/application.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import { resetAll } from '../sabotage/tap.ts'
import type { Mutant } from './mutant.ts'

/** Only the workers that are there at first ever start up, or so many times as many. */
export function replacedNoMoreThan(times: number): Sabotage {
  return {
    launch: ({ workers = 1, ...request }) => ({
      ...request,
      workers,
      environment: { ...request.environment, ASSAY_MUTANT_WORKERS: String(times * workers) },
    }),
    application: (app) => async (scope, receive, send) => {
      if (isReplacement()) await new Promise<never>(() => undefined)
      await app(scope, receive, send)
    },
  }
}

export const WORKERS_NOT_REPLACED: Sabotage = replacedNoMoreThan(1)

/** The life of the server's processes, gone wrong (process/ in the catalogue). */
export const processMutants: readonly Mutant[] = [
  {
    id: 'process/absent-application-replaced',
    property: 'process/start-import-failure',
    clause: 'process/start-import-failure',
    breaks: 'where the application cannot be loaded, another one is served',
    sabotage: { launch: (request) => ({ ...request, application: PROBE }) },
  },
  {
    id: 'process/failed-start-exits-with-0',
    property: 'process/start-lifespan-failure-exit-code',
    clause: 'process/start-lifespan-failure-exit-code',
    breaks: 'a start that the application failed ends with exit code 0',
    sabotage: exiting(0),
  },
  {
    id: 'process/sigterm-cuts-connections',
    property: 'process/sigterm-drains',
    clause: 'process/sigterm-drains',
    breaks: 'SIGTERM cuts the requests in flight',
    sabotage: { process: () => process.once('SIGTERM', resetAll) },
  },
  {
    id: 'process/shutdown-exits-with-3',
    property: 'process/sigterm-drains',
    clause: 'process/shutdown-exit-code',
    breaks: 'an orderly shutdown ends with exit code 3',
    sabotage: exiting(3),
  },
  {
    id: 'process/sigint-cuts-connections',
    property: 'process/sigint-drains',
    clause: 'process/sigint-drains',
    breaks: 'SIGINT cuts the requests in flight',
    sabotage: { process: () => process.once('SIGINT', resetAll) },
  },
  {
    id: 'process/workers-not-replaced',
    property: 'process/worker-replaced',
    clause: 'process/worker-replaced',
    breaks: 'a worker that takes the place of a dead one never starts up',
    sabotage: WORKERS_NOT_REPLACED,
  },
]

function exiting(code: number): Mutant['sabotage'] {
  return {
    process: () => {
      process.once('exit', () => {
        process.exitCode = code
      })
    },
  }
}

/** Workers are numbered in the order of their start. */
export function isReplacement(): boolean {
  return (cluster.worker?.id ?? 0) > Number(process.env['ASSAY_MUTANT_WORKERS'])
}
