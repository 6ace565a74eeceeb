import { InfrastructureError } from '../evidence/errors.ts'
import { prepareAttached } from './attach.ts'
import type { ServerDescriptor } from './descriptor.ts'
import { serverEnvironment } from './launch/environment.ts'
import { launchServer } from './launch/launch.ts'
import { freePort, portBusy, requireFree } from './launch/port.ts'
import { findServer } from './registry.ts'
import { type PrepareOptions, type Runtime, runtimeOf } from './runtime.ts'
import { commandLine, type Settings, type SettingsBySource, writeSettings } from './settings.ts'
import type { LaunchRequest, PreparedTarget, RunningTarget, TargetSpec } from './target.ts'
import { wrapped } from './wrapper.ts'

const START_TIMEOUT = 20_000
/** A port that we chose may be taken before the server binds it; one that the user chose is an error. */
const PORT_ATTEMPTS = 3

/**
 * Installs what the target needs, or finds it in the cache.
 * @throws UsageError for a flavour that this release does not have yet.
 * @throws InfrastructureError for a missing Python or a failed installation.
 */
export async function prepareTarget(
  spec: TargetSpec,
  options: PrepareOptions = {},
): Promise<PreparedTarget> {
  const server = findServer(spec.name)
  if (server === null) return prepareAttached(spec)
  const runtime = await runtimeOf(server, spec, options)
  const { identity } = runtime
  return {
    identity,
    has: (capability) => identity.capabilities.includes(capability),
    launch: (request) => launch(server, runtime, request),
  }
}

async function launch(
  server: ServerDescriptor,
  runtime: Runtime,
  request: LaunchRequest,
): Promise<RunningTarget> {
  const host = request.host ?? '127.0.0.1'
  if (request.port !== undefined && request.port !== 0) {
    if (request.mayBeBusy !== true) await requireFree(host, request.port)
    return launchAt(server, runtime, request, host, request.port)
  }
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(host)
    try {
      return await launchAt(server, runtime, request, host, port)
    } catch (error) {
      const busy = error instanceof InfrastructureError && error.code === portBusy(host, port).code
      if (!busy || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

function launchAt(
  server: ServerDescriptor,
  runtime: Runtime,
  request: LaunchRequest,
  host: string,
  port: number,
): Promise<RunningTarget> {
  const { identity } = runtime
  const served = servedBy(server, runtime, request)
  const command = server.command({
    application: served.application,
    lifespan: request.lifespan ?? null,
    version: identity.version,
    flavours: new Set(identity.flavours),
    host,
    port,
  })
  const written = writeSettings(
    identity.spec,
    server.settings,
    settingsOf(request, host, port),
    request.logFile,
    request.fileFormat,
    request.fileNamedIn,
  )
  return launchServer({
    label: identity.spec,
    advice: runtime.advice,
    executable: runtime.executable,
    args: [
      ...runtime.interpreterArgs,
      ...command,
      // Ahead of them: of an option that is given twice, the last counts.
      ...(request.keepsIdle === true
        ? commandLine(server.settings.terms(server.keepsIdle ?? {}))
        : []),
      ...identity.args,
      // Behind the arguments of the target: a property is about the settings that it asks for.
      ...written.args,
      ...(request.extraArgs ?? []),
    ],
    environment: serverEnvironment(served.variables, {
      ...written.environment,
      ...request.environment,
    }),
    directory: runtime.directory(request),
    host,
    port,
    uds: request.uds ?? null,
    inherits: request.inherits ?? null,
    inheritsAs: request.inheritsAs ?? BEHIND_STREAMS,
    ...(request.orphansMs === undefined ? {} : { orphansMs: request.orphansMs }),
    ...(request.descriptors === undefined ? {} : { descriptors: request.descriptors }),
    logFile: request.logFile,
    startTimeoutMs: request.startTimeoutMs ?? START_TIMEOUT,
    waitUntilListening: request.waitUntilListening ?? true,
  })
}

function servedBy(
  server: ServerDescriptor,
  runtime: Runtime,
  request: LaunchRequest,
): { readonly application: string; readonly variables: Readonly<Record<string, string>> } {
  const application = runtime.application(request)
  const variables = runtime.variables(request)
  const settings = request.settings?.['command-line'] ?? {}
  const wrapper = server.wrapper?.(settings, runtime.identity.version) ?? null
  return wrapper === null ? { application, variables } : wrapped(application, wrapper, variables)
}

/** What the request sets, with the address in the place where it is wanted. */
function settingsOf(request: LaunchRequest, host: string, port: number): SettingsBySource {
  const { workers, settings = {}, addressIn = 'command-line' } = request
  const address = addressOf(request, host, port)
  const told = workers === undefined ? {} : { workers }
  if (addressIn === 'nowhere') return withHost(settings, host)
  const placed = { ...settings, 'command-line': { ...settings['command-line'], ...told } }
  return { ...placed, [addressIn]: { ...placed[addressIn], ...address } }
}

/** The port is one of the settings, and right or wrong as it was asked for. */
function withHost(settings: SettingsBySource, host: string): SettingsBySource {
  return { ...settings, 'command-line': { ...settings['command-line'], host } }
}

const BEHIND_STREAMS = 3

function addressOf(
  { uds, inherits, inheritsAs = BEHIND_STREAMS, anyPort }: LaunchRequest,
  host: string,
  port: number,
): Settings {
  // Then the path is where its clients find what it inherits.
  if (inherits !== undefined) return { fd: inheritsAs }
  if (uds !== undefined) return { uds }
  return { host, port: anyPort === true ? 0 : port }
}
