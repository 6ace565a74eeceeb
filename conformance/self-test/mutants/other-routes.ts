import { ServerResponse } from 'node:http'
import type { SettingSource, Settings } from '../../../targets/settings.ts'
import { calls, type Dict } from '../sabotage/application.ts'
import type { Sabotage } from '../sabotage/sabotage.ts'
import { inSupervisor } from './fleet-drain.ts'
import type { Mutant } from './mutant.ts'

const METRICS = 'config/metrics'

/** Right by one route, wrong by another: in the other version of HTTP, from another source, from a worker that is gone. */
export const otherRouteMutants: readonly Mutant[] = [
  {
    id: 'other-routes/cut-streams-end-whole',
    property: 'config/cut-short-visibly',
    clause: 'config/cut-short-visibly',
    breaks: 'over HTTP/2 a response that its application leaves unfinished ends like a whole one',
    sabotage: finishedStreams(),
  },
  {
    id: 'other-routes/failures-behind-disconnect',
    property: 'process/application-error-survived',
    clause: 'process/application-error-logged',
    breaks: 'an exception behind websocket.disconnect is not logged',
    slow: true,
    sabotage: silentBehindDisconnect(),
  },
  {
    id: 'other-routes/denials-without-status',
    property: METRICS,
    clause: METRICS,
    breaks: 'the metrics count a denied handshake without its status',
    sabotage: { process: () => countedAsNone(401) },
  },
  {
    id: 'other-routes/too-large-without-status',
    property: METRICS,
    clause: METRICS,
    breaks: 'the metrics count a content that became too large without the status of its answer',
    sabotage: { process: () => countedAsNone(413) },
  },
  {
    id: 'other-routes/progress-of-the-killed',
    property: METRICS,
    clause: METRICS,
    breaks: 'what was in progress in a worker that was killed is so for ever',
    slow: true,
    sabotage: metricsOfSupervisor(
      `let killed = 0
      cluster.on('exit', (worker, code, signal) => { if (signal === 'SIGKILL') killed += 1 })`,
      'text.replace(/^(\\w+_in_progress) (\\d+)/m, (all, name, told) => name + " " + (+told + killed))',
    ),
  },
  {
    id: 'other-routes/last-words-of-the-renewed',
    property: METRICS,
    clause: METRICS,
    breaks: 'what workers answer last before they are renewed is not counted',
    slow: true,
    sabotage: metricsOfSupervisor(
      `let renewed = false
      process.on('SIGHUP', () => { renewed = true })`,
      'renewed ? text.replace(/^.*status="410".*\\n/gm, "") : text',
    ),
  },
  {
    id: 'other-routes/commas-in-the-environment',
    property: 'config/environment',
    clause: 'config/environment',
    breaks: 'in the environment a header ends at the first comma of its value',
    sabotage: set((settings) => ({
      ...settings,
      environment: {
        ...settings.environment,
        ...listed(headersOf(settings.environment).map(([name, value]) => [name, cut(value)])),
      },
    })),
  },
  {
    id: 'other-routes/lists-of-all-sources',
    property: 'config/precedence/flags',
    clause: 'config/precedence',
    breaks: 'a setting that is a list has the items of every source',
    sabotage: set((settings) => {
      const highest = SOURCES.find((source) => headersOf(settings[source]).length > 0)
      if (highest === undefined) return settings
      const all = SOURCES.flatMap((source) => headersOf(settings[source]))
      return { ...settings, [highest]: { ...settings[highest], ...listed(all) } }
    }),
  },
  {
    id: 'other-routes/renewed-without-patience',
    property: 'process/sighup-reloads',
    clause: 'process/sighup-reloads',
    breaks: 'a worker that is renewed is killed before it has answered what it had begun',
    slow: true,
    sabotage: inSupervisor(`process.on('SIGHUP', () => {
      const old = Object.values(cluster.workers)
      const kill = () => { for (const one of old) if (!one.isDead()) one.process.kill('SIGKILL') }
      setTimeout(kill, 2000)
    })`),
  },
]

function finishedStreams(): Sabotage {
  return {
    application: (app) => async (scope, receive, send) => {
      let unfinished = false
      const heeding = async (message: Dict): Promise<void> => {
        await send(message)
        unfinished = message['more_body'] === true
      }
      try {
        await app(scope, receive, heeding)
      } finally {
        if (unfinished && scope['type'] === 'http' && scope['http_version'] === '2')
          await send({ type: 'http.response.body' })
      }
    },
  }
}

function silentBehindDisconnect(): Sabotage {
  const ended = new WeakSet<Dict>()
  const { application = (app) => app } = calls('websocket', ({ scope, receive }) => ({
    receive: async () => {
      const event = await receive()
      if (event['type'] === 'websocket.disconnect') ended.add(scope)
      return event
    },
  }))
  return {
    application: (app) => async (scope, receive, send) => {
      try {
        await application(app)(scope, receive, send)
      } catch (error) {
        if (!ended.has(scope)) throw error
      }
    },
  }
}

/** The text of the metrics, changed where it is served. */
function countedAsNone(status: number): void {
  const end = Reflect.get(ServerResponse.prototype, 'end')
  Object.defineProperty(ServerResponse.prototype, 'end', {
    value(this: ServerResponse, text: unknown) {
      const told = typeof text === 'string' ? text.replaceAll(`"${status}"`, '"none"') : text
      return Reflect.apply(end, this, [told])
    },
  })
}

/** The same in the process that counts for all workers; `text` is what it would have told. */
function metricsOfSupervisor(statements: string, told: string): Sabotage {
  return inSupervisor(`${statements}
    const { end } = ServerResponse.prototype
    ServerResponse.prototype.end = function (text) {
      return end.call(this, typeof text === 'string' ? ${told} : text)
    }`)
}

const SOURCES: readonly SettingSource[] = ['command-line', 'environment', 'file']

type Headers = NonNullable<Settings['defaultHeaders']>

function headersOf(settings: Settings | undefined): Headers {
  return settings?.defaultHeaders ?? []
}

/** No list stands for none. */
function listed(defaultHeaders: Headers): Settings {
  return defaultHeaders.length > 0 ? { defaultHeaders } : {}
}

function cut(value: string): string {
  return value.replace(/,.*/, '')
}

type Sources = { readonly [source in SettingSource]?: Settings }

function set(edit: (settings: Sources) => Sources): Sabotage {
  return {
    launch: (request) => ({ ...request, settings: edit(request.settings ?? {}) }),
  }
}
