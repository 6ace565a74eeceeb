import { InfrastructureError, UsageError } from '../evidence/errors.ts'
import type { TargetIdentity } from '../evidence/target.ts'
import { tailOf } from './launch/log.ts'
import { accepts } from './launch/port.ts'
import type {
  ExitInfo,
  LaunchRequest,
  PreparedTarget,
  RunningTarget,
  TargetSpec,
} from './target.ts'

/**
 * A server that its user started, in a container or behind a proxy, with our probe as its
 * application. Nothing can be installed, configured or restarted; only what every ASGI server
 * does is taken as declared.
 */
export function prepareAttached(spec: TargetSpec): PreparedTarget {
  const { hostname, port } = new URL(spec.name)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const identity: TargetIdentity = {
    spec: spec.name,
    name: spec.name,
    version: 'unknown',
    purl: null,
    flavours: [],
    args: [],
    capabilities: ['http/1.1'],
    dependencies: [],
    runtime: 'unknown',
    attached: true,
  }
  return {
    identity,
    has: (capability) => identity.capabilities.includes(capability),
    launch: (request) => attach(host, port === '' ? 80 : Number(port), request),
  }
}

/** @throws InfrastructureError `attach/not-listening`; UsageError for what only a start could do. */
async function attach(host: string, port: number, request: LaunchRequest): Promise<RunningTarget> {
  requireNothingToConfigure(host, port, request)
  if (!(await accepts(host, port))) {
    throw new InfrastructureError({
      code: 'attach/not-listening',
      input: `http://${host}:${port}`,
      rule: 'Nobody accepts connections there.',
      cure: 'Start the server with the probe as its application first.',
    })
  }
  const detached: ExitInfo = { code: null, signal: null }
  let end: (info: ExitInfo) => void
  const exited = new Promise<ExitInfo>((resolve) => {
    end = resolve
  })
  return {
    host,
    port,
    uds: null,
    pid: null,
    exited,
    process: null,
    logTail: () => tailOf(request.logFile),
    signal: () => {
      throw cannot('send a signal to it', host, port)
    },
    // Its user started it, and its user stops it.
    stop: () => {
      end(detached)
      return exited
    },
  }
}

function requireNothingToConfigure(host: string, port: number, request: LaunchRequest): void {
  if (request.workers !== undefined) throw cannot('set its workers', host, port)
  if ((request.lifespan ?? 'auto') !== 'auto') throw cannot('set its lifespan mode', host, port)
  if ((request.extraArgs ?? []).length > 0) throw cannot('give it arguments', host, port)
}

function cannot(what: string, host: string, port: number): UsageError {
  return new UsageError({
    code: 'attach/not-ours',
    input: `http://${host}:${port}`,
    rule: `assay did not start this server and cannot ${what}.`,
    cure: 'Select the clauses that need no such thing (--grep), or let assay start the server.',
  })
}
