import { join } from 'node:path'
import { InfrastructureError, UsageError } from '../evidence/errors.ts'
import type { TargetIdentity } from '../evidence/target.ts'
import { prepareAttached } from './attach.ts'
import { chooseFlavours, type Flavour, type ServerDescriptor } from './descriptor.ts'
import { newestPythonOf, requirementsOf } from './eras.ts'
import { pythonVariables, serverEnvironment } from './launch/environment.ts'
import { launchServer } from './launch/launch.ts'
import { freePort, portBusy, requireFree } from './launch/port.ts'
import { installedDependencies, packageIdentity, packageRoot } from './package-root.ts'
import { cacheFolder } from './python/cache.ts'
import { ensureEnvironment, type InstallEvent } from './python/environment.ts'
import { findPython } from './python/interpreter.ts'
import { findServer } from './registry.ts'
import { type Settings, type SettingsBySource, writeSettings } from './settings.ts'
import { formatTargetSpec } from './spec.ts'
import type { LaunchRequest, PreparedTarget, RunningTarget, TargetSpec } from './target.ts'
import { atLeast } from './version.ts'
import { wrapped } from './wrapper.ts'

export interface PrepareOptions {
  readonly onEvent?: (event: InstallEvent) => void
  readonly signal?: AbortSignal
}

/** How one installed server is run: which interpreter, and what its process needs to see. */
interface Runtime {
  readonly identity: TargetIdentity
  /** What often helps when it dies at start-up. */
  readonly advice: string
  readonly executable: string
  /** Before the server's own command line. */
  readonly interpreterArgs: readonly string[]
  application(request: LaunchRequest): string
  directory(request: LaunchRequest): string
  variables(request: LaunchRequest): Readonly<Record<string, string>>
}

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
  const runtime =
    server.source.kind === 'pypi'
      ? await pythonRuntime(server, server.source, spec, options)
      : server.source.kind === 'bundled'
        ? bundledRuntime(server, spec)
        : commandRuntime(server, server.source, spec)
  const { identity } = runtime
  return {
    identity,
    has: (capability) => identity.capabilities.includes(capability),
    launch: (request) => launch(server, runtime, request),
  }
}

function bundledRuntime(server: ServerDescriptor, spec: TargetSpec): Runtime {
  const { name, version } = packageIdentity()
  const flavours = chooseFlavours(server, version, spec.flavours)
  return {
    identity: {
      ...identify(server, spec, version, flavours),
      purl: `pkg:npm/${name}@${version}`,
      spec: formatTargetSpec(spec, null),
      dependencies: installedDependencies(),
      runtime: `Node.js ${process.versions.node}`,
    },
    advice: 'assay serve runs the same server by hand.',
    executable: process.execPath,
    interpreterArgs: [join(packageRoot(), 'dist', 'reference-server', 'main.js')],
    application: ({ application }) => `${application.node.file}:${application.node.exportName}`,
    directory: () => packageRoot(),
    variables: () => ({}),
  }
}

/** Whatever its user starts by hand: nothing is installed, and its version is what they say. */
function commandRuntime(
  server: ServerDescriptor,
  { executable, version }: Extract<ServerDescriptor['source'], { kind: 'command' }>,
  spec: TargetSpec,
): Runtime {
  requireNoPins(spec)
  return {
    identity: {
      ...identify(server, spec, version ?? 'unknown', []),
      purl: null,
      spec: formatTargetSpec(spec, null),
      dependencies: [],
      runtime: 'unknown',
    },
    advice: 'check its command in assay.config by hand.',
    executable,
    interpreterArgs: [],
    application: ({ application }) =>
      `${application.python.module}:${application.python.attribute}`,
    directory: ({ application }) => application.python.directory,
    variables: ({ application }) => ({
      PYTHONPATH: application.python.directory,
      PYTHONUNBUFFERED: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      ...server.environment,
    }),
  }
}

function requireNoPins(spec: TargetSpec): void {
  if (spec.pins.length === 0) return
  throw new UsageError({
    code: 'target/command-has-no-pins',
    input: `target "${formatTargetSpec(spec)}" with ${spec.pins.join(', ')}`,
    rule: 'It is started by a command of assay.config, and nothing is installed for it.',
    cure: 'Give it the packages that you want yourself, or name it by "pypi".',
  })
}

async function pythonRuntime(
  server: ServerDescriptor,
  source: Extract<ServerDescriptor['source'], { kind: 'pypi' }>,
  spec: TargetSpec,
  options: PrepareOptions,
): Promise<Runtime> {
  const interpreter = await findPython(newestPythonOf(spec.version, source.eras ?? []))
  const request = {
    ...source,
    version: spec.version,
    requirements: (version: string) =>
      requirementsOf(
        version,
        source.eras ?? [],
        chooseFlavours(server, version, spec.flavours).flatMap(({ packages = [] }) => packages),
        spec.pins,
      ),
  }
  if (spec.version !== null) requireOffered(spec, server, spec.version)
  const environment = await ensureEnvironment(request, {
    cache: cacheFolder(),
    interpreter,
    signal: options.signal ?? null,
    onEvent: options.onEvent ?? ignore,
  })
  requireOffered(spec, server, environment.version)
  const flavours = chooseFlavours(server, environment.version, spec.flavours)
  return {
    identity: {
      ...identify(server, spec, environment.version, flavours),
      purl: `pkg:pypi/${source.distribution}@${environment.version}`,
      spec: formatTargetSpec(spec, environment.version),
      dependencies: environment.dependencies,
      runtime: `${interpreter.implementation} ${interpreter.version}`,
    },
    advice: 'an old release may need dependency pins (--with PKG==VERSION).',
    executable: environment.python,
    interpreterArgs: [],
    application: ({ application }) =>
      `${application.python.module}:${application.python.attribute}`,
    directory: ({ application }) => application.python.directory,
    variables: ({ application }) => ({
      ...pythonVariables(environment.python, application.python.directory),
      ...server.environment,
    }),
  }
}

function identify(
  server: ServerDescriptor,
  spec: TargetSpec,
  version: string,
  flavours: readonly Flavour[],
): Pick<TargetIdentity, 'name' | 'version' | 'flavours' | 'args' | 'capabilities' | 'attached'> {
  const names = flavours.map(({ name }) => name)
  const args = [
    ...flavours.flatMap(({ args: own }) => own),
    ...server.fixedArgs(version),
    ...spec.serverArgs,
  ]
  return {
    name: server.name,
    version,
    flavours: names,
    args,
    capabilities: server.capabilities(version, new Set(names), args),
    attached: false,
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
  )
  return launchServer({
    label: identity.spec,
    advice: runtime.advice,
    executable: runtime.executable,
    args: [
      ...runtime.interpreterArgs,
      ...command,
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
  const wrapper = server.wrapper?.(request.settings?.['command-line'] ?? {}) ?? null
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
  if (uds !== undefined) return { uds }
  if (inherits !== undefined) return { fd: inheritsAs }
  return { host, port: anyPort === true ? 0 : port }
}

/** A flavour that a later release brought cannot be selected on an earlier one. */
function requireOffered(spec: TargetSpec, server: ServerDescriptor, version: string): void {
  const flavours = server.axes.flatMap((axis) => axis.flavours)
  for (const { name, since } of flavours) {
    if (!spec.flavours.includes(name) || since === undefined || atLeast(version, since)) continue
    throw new UsageError({
      code: 'target/flavour-too-new',
      input: `target "${formatTargetSpec(spec)}"`,
      rule: `${server.name} has the flavour "${name}" since ${since}; this is ${version}.`,
      cure: `Take another flavour, or ${server.name}@${since} or later.`,
    })
  }
}

function ignore(): void {}
