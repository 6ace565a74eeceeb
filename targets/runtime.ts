import { join } from 'node:path'
import { UsageError } from '../evidence/errors.ts'
import type { TargetIdentity } from '../evidence/target.ts'
import { chooseFlavours, type Flavour, type ServerDescriptor } from './descriptor.ts'
import { newestPythonOf, requirementsOf } from './eras.ts'
import { pythonVariables } from './launch/environment.ts'
import { overlaid } from './located.ts'
import { installedVersions, packageIdentity, packageRoot } from './package-root.ts'
import { cacheFolder } from './python/cache.ts'
import { ensureEnvironment, type InstallEvent } from './python/environment.ts'
import { findPython } from './python/interpreter.ts'
import { readEnvironment } from './python/own-environment.ts'
import { formatTargetSpec } from './spec.ts'
import type { LaunchRequest, TargetSpec } from './target.ts'
import { atLeast } from './version.ts'

export interface PrepareOptions {
  /** Another build of the bundled server: the path of its program. */
  readonly program?: string
  readonly onEvent?: (event: InstallEvent) => void
  readonly signal?: AbortSignal
}

/** How one installed server is run: which interpreter, and what its process needs to see. */
export interface Runtime {
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

/** How the target is run; installs what it needs, or finds it in the cache. */
export function runtimeOf(
  server: ServerDescriptor,
  spec: TargetSpec,
  options: PrepareOptions,
): Runtime | Promise<Runtime> {
  const { source } = server
  switch (source.kind) {
    case 'pypi':
      return pythonRuntime(server, source, spec, options)
    case 'environment':
      return ownRuntime(server, source, spec)
    case 'bundled':
      return bundledRuntime(server, spec, options)
    case 'command':
      return commandRuntime(server, source, spec)
  }
}

/** What the reference server imports: the other packages of assay are not in its process. */
const REFERENCE_PACKAGES = ['pino', 'smol-toml', 'tsx', 'valibot', 'ws', 'yaml']

function bundledRuntime(
  server: ServerDescriptor,
  spec: TargetSpec,
  { program = join(packageRoot(), 'dist', 'reference-server', 'main.js') }: PrepareOptions,
): Runtime {
  const { name, version } = packageIdentity()
  const flavours = chooseFlavours(server, version, spec.flavours)
  return {
    identity: {
      ...identify(server, spec, version, flavours),
      purl: `pkg:npm/${name}@${version}`,
      spec: formatTargetSpec(spec, null),
      dependencies: installedVersions(REFERENCE_PACKAGES),
      runtime: `Node.js ${process.versions.node}`,
    },
    advice: 'assay serve runs the same server by hand.',
    executable: process.execPath,
    interpreterArgs: [program],
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
    variables: ({ application }) =>
      overlaid(
        {
          PYTHONPATH: application.python.directory,
          PYTHONUNBUFFERED: '1',
          PYTHONDONTWRITEBYTECODE: '1',
        },
        server.environment,
      ),
  }
}

/** A server whose environment its user made: nothing is installed, and what it holds is asked. */
async function ownRuntime(
  server: ServerDescriptor,
  { distribution, python }: Extract<ServerDescriptor['source'], { kind: 'environment' }>,
  spec: TargetSpec,
): Promise<Runtime> {
  requireNoPins(spec)
  const { version, dependencies, runtime } = await readEnvironment(python, distribution)
  requireOffered(spec, server, version)
  const flavours = chooseFlavours(server, version, spec.flavours)
  return {
    identity: {
      ...identify(server, spec, version, flavours),
      purl: null,
      spec: formatTargetSpec(spec, null),
      dependencies,
      runtime,
    },
    advice: `check the environment of ${python} by hand.`,
    ...inPython(server, python),
  }
}

function requireNoPins(spec: TargetSpec): void {
  if (spec.pins.length === 0) return
  throw new UsageError({
    code: 'target/command-has-no-pins',
    input: `target "${formatTargetSpec(spec)}" with ${spec.pins.join(', ')}`,
    rule: 'It is what assay.config says, and nothing is installed for it.',
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
      purl:
        source.modified === true ? null : `pkg:pypi/${source.distribution}@${environment.version}`,
      spec: formatTargetSpec(spec, environment.version),
      dependencies: environment.dependencies,
      runtime: `${interpreter.implementation} ${interpreter.version}`,
    },
    advice: 'an old release may need dependency pins (--with PKG==VERSION).',
    ...inPython(server, environment.python),
  }
}

function inPython(server: ServerDescriptor, python: string): Omit<Runtime, 'identity' | 'advice'> {
  return {
    executable: python,
    interpreterArgs: [],
    application: ({ application }) =>
      `${application.python.module}:${application.python.attribute}`,
    directory: ({ application }) => application.python.directory,
    variables: ({ application }) =>
      overlaid(pythonVariables(python, application.python.directory), server.environment),
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
