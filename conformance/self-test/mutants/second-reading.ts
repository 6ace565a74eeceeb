import { calls, headersOf, scopes } from '../sabotage/application.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import { heads } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** In the supervisor, where no application is. */
const FORGETFUL = `
  import cluster from 'node:cluster'
  import { ServerResponse } from 'node:http'
  let hasForgotten = false
  if (cluster.isPrimary) cluster.on('exit', () => { hasForgotten = true })
  const { end } = ServerResponse.prototype
  ServerResponse.prototype.end = function (text, ...more) {
    const told = hasForgotten && typeof text === 'string'
      ? text.replaceAll(/^(assay_requests_total\\S+) \\d+$/gm, '$1 0')
      : text
    return end.call(this, told, ...more)
  }
`

/** Defects that the reference server had itself, where two of its promises meet. */
export const secondReadingMutants: readonly Mutant[] = [
  {
    id: 'second-reading/refusal-with-two-types',
    property: 'config/default-headers-everywhere',
    clause: 'config/default-headers-everywhere',
    breaks: 'a default header stands beside the field that a refusal has of its own',
    sabotage: heads((head) =>
      head.statusLine.includes(' 400 ')
        ? { ...head, lines: [...head.lines, 'content-type: text/assay'] }
        : head,
    ),
  },
  {
    id: 'second-reading/unknown-client',
    property: 'config/proxy-headers/forms',
    clause: 'http/scope/client',
    breaks: 'a forwarded name that is no address is the client',
    sabotage: scopes((scope) => {
      const told = headersOf(scope).find(([name]) => name === 'x-forwarded-for')?.[1] ?? ''
      return told === 'unknown' ? { ...scope, client: [told, 0] } : scope
    }),
  },
  {
    id: 'second-reading/fragment-promised',
    property: 'extension/push/attempted',
    clause: 'extension/push/path',
    breaks: 'a # in the path of a push is promised as it is',
    sabotage: {
      process: () => {
        const encode = globalThis.encodeURIComponent
        globalThis.encodeURIComponent = (text) => (text === '#' ? '#' : encode(text))
      },
    },
  },
  {
    id: 'second-reading/signals-lost-in-start',
    property: 'process/second-signal-forces/lifespan',
    clause: 'process/second-signal-forces',
    breaks: 'a second signal changes nothing while the application starts',
    sabotage: deafOnceTold('lifespan.startup', 1),
  },
  {
    id: 'second-reading/signals-lost-in-shutdown',
    property: 'process/second-signal-forces/lifespan',
    clause: 'process/second-signal-forces',
    breaks: 'a second signal changes nothing while the application shuts down',
    sabotage: deafOnceTold('lifespan.shutdown', 0),
  },
  {
    id: 'second-reading/counters-begin-anew',
    property: 'config/metrics',
    clause: 'config/metrics',
    breaks: 'the counters begin anew when a worker is replaced',
    sabotage: {
      launch: (request) => ({
        ...request,
        environment: {
          ...request.environment,
          NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(FORGETFUL)}`,
        },
      }),
    },
  },
]

/** Once the application has been told, so many signals are heard and no more. */
function deafOnceTold(type: string, signals: number): Sabotage {
  return calls('lifespan', ({ receive, send }) => {
    let over = false
    return {
      receive: async () => {
        const event = await receive()
        if (event['type'] !== type) return event
        let left = signals
        for (const signal of ['SIGTERM', 'SIGINT'] as const) {
          const listeners = process.listeners(signal)
          process.removeAllListeners(signal)
          process.on(signal, (...args) => {
            left -= 1
            if (over || left >= 0) for (const listener of listeners) listener(...args)
          })
        }
        return event
      },
      send: (message) => {
        if (type === 'lifespan.startup') over = true
        return send(message)
      },
    }
  })
}
