import { UsageError } from '../evidence/errors.ts'
import type { FlavourAxis, ServerDescriptor } from './descriptor.ts'
import { nearest } from './nearest.ts'
import { allServers, findServer } from './registry.ts'
import type { TargetSpec } from './target.ts'
import { isVersion } from './version.ts'

/** What the command line says beside the target's own word. */
export interface SpecOptions {
  readonly serverArgs: readonly string[]
  readonly pins: readonly string[]
}

const PIN = /^[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[A-Za-z0-9,._-]+\])?==[A-Za-z0-9.!+_-]+$/

/**
 * Takes `name[@version][+flavour...]` or `http://host:port` apart.
 * @throws UsageError for a name, version, flavour or pin that cannot be meant.
 */
export function parseTargetSpec(text: string, options: SpecOptions): TargetSpec {
  const { serverArgs, pins } = options
  for (const pin of pins) requirePin(pin)
  if (/^https?:/.test(text)) return attachSpec(text, options)
  const match = /^([^@+]*)(?:@([^+]*))?((?:\+[^+]*)*)$/.exec(text)
  const [, name = text, version, flavourText = ''] = match ?? []
  const server = findServer(name)
  if (server === null) throw unknownTarget(text, name)
  if (version !== undefined) requireVersion(text, version, server)
  const flavours = flavourText.split('+').slice(1)
  for (const flavour of flavours) requireFlavour(text, flavour, server)
  for (const axis of server.axes) requireOneAtMost(text, axis, flavours)
  return { name, version: version ?? null, flavours, serverArgs, pins }
}

/** The word a user would type for it; `version` stands in where the user gave none. */
export function formatTargetSpec(spec: TargetSpec, version: string | null = spec.version): string {
  const flavours = spec.flavours.map((flavour) => `+${flavour}`).join('')
  return `${spec.name}${version === null ? '' : `@${version}`}${flavours}`
}

function attachSpec(text: string, { serverArgs, pins }: SpecOptions): TargetSpec {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || url.protocol !== 'http:' || url.pathname !== '/' || url.search !== '') {
    throw new UsageError({
      code: 'target/malformed-address',
      input: `target "${text}"`,
      rule: 'A running server is named by http://HOST:PORT, without a path.',
      cure: 'Write http://127.0.0.1:8000, say.',
    })
  }
  if (serverArgs.length > 0 || pins.length > 0) {
    throw new UsageError({
      code: 'target/attached-has-no-options',
      input: `target "${text}"`,
      rule: 'A server that already runs takes neither --server-arg nor --with.',
      cure: 'Give these options where you start the server.',
    })
  }
  return { name: url.origin, version: null, flavours: [], serverArgs, pins }
}

function unknownTarget(text: string, name: string): UsageError {
  const names = allServers().map((server) => server.name)
  const guess = nearest(name, names)
  return new UsageError({
    code: 'target/unknown',
    input: `target "${text}"`,
    rule: `There is no target "${name}".${guess === null ? '' : ` Did you mean "${guess}"?`}`,
    cure: `Known targets: ${names.join(', ')}; or http://HOST:PORT for a server that already runs.`,
  })
}

function requireVersion(text: string, version: string, server: ServerDescriptor): void {
  if (server.source.kind !== 'pypi') {
    throw new UsageError({
      code: 'target/version-not-selectable',
      input: `target "${text}"`,
      rule:
        server.source.kind === 'bundled'
          ? `${server.name} is part of assay and has the version of assay.`
          : server.source.kind === 'environment'
            ? `${server.name} has the version that is in its environment.`
            : `${server.name} is a command of assay.config, which says its version.`,
      cure: `Write "${server.name}".`,
    })
  }
  if (isVersion(version)) return
  throw new UsageError({
    code: 'target/malformed-version',
    input: `target "${text}"`,
    rule: `"${version}" is not an exact version.`,
    cure: `Write ${server.name}@1.2.3, or ${server.name} alone for the newest release.`,
  })
}

function requireFlavour(text: string, flavour: string, server: ServerDescriptor): void {
  const names = server.axes.flatMap((axis) => axis.flavours.map(({ name }) => name))
  if (names.includes(flavour)) return
  const guess = nearest(flavour, names)
  throw new UsageError({
    code: 'target/unknown-flavour',
    input: `target "${text}"`,
    rule: `${server.name} has no flavour "${flavour}".${guess === null ? '' : ` Did you mean "${guess}"?`}`,
    cure:
      names.length === 0 ? `${server.name} has no flavours.` : `It has: ${describe(server.axes)}.`,
  })
}

function requireOneAtMost(text: string, axis: FlavourAxis, asked: readonly string[]): void {
  const named = asked.filter((word) => axis.flavours.some(({ name }) => name === word))
  if (named.length < 2) return
  throw new UsageError({
    code: 'target/flavours-exclude-each-other',
    input: `target "${text}"`,
    rule: `"${named.join('" and "')}" are both choices of the ${axis.axis} axis.`,
    cure: 'Keep one of them.',
  })
}

function requirePin(pin: string): void {
  if (PIN.test(pin)) return
  throw new UsageError({
    code: 'target/malformed-pin',
    input: `--with "${pin}"`,
    rule: 'A pin names a package and its exact version.',
    cure: 'Write --with h11==0.14.0, say.',
  })
}

function describe(axes: readonly FlavourAxis[]): string {
  return axes
    .map(({ axis, flavours }) => `${axis} ${flavours.map(({ name }) => name).join(' | ')}`)
    .join('; ')
}
