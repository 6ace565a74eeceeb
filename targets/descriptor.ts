import type { Capability } from '../evidence/target.ts'
import type { Era } from './eras.ts'
import type { Settings, SettingsDialect } from './settings.ts'
import type { LaunchRequest } from './target.ts'
import type { Wrapper } from './wrapper.ts'

/** One value of an axis: a word that a user may write after `+`. */
export interface Flavour {
  readonly name: string
  /** The first release that has it; absent where every release does. */
  readonly since?: string
  /** What it needs in the environment beside the server: `wsproto`. */
  readonly packages?: readonly string[]
  /** Launch arguments that select it. */
  readonly args: readonly string[]
}

/** A choice that a server offers; a target has exactly one flavour of each axis. */
export interface FlavourAxis {
  /** `http`, `loop`: for help texts and error messages. */
  readonly axis: string
  readonly flavours: readonly [Flavour, ...Flavour[]]
  /** What runs when the user names none; it may differ between releases. */
  defaultFor(version: string): string
}

/** What is served, ready for a command line. */
export interface LaunchPlan {
  /** `module:attribute` for Python, `FILE:EXPORT` for Node.js. */
  readonly application: string
  readonly lifespan: NonNullable<LaunchRequest['lifespan']> | null
  readonly version: string
  /** One name of every axis. */
  readonly flavours: ReadonlySet<string>
  /** Where it will listen, for servers that want it among their first arguments. */
  readonly host?: string
  readonly port?: number
}

/** Everything that differs between one server and another: adding a server is writing one of these. */
export interface ServerDescriptor {
  readonly name: string
  readonly summary: string
  readonly source: ServerSource
  readonly axes: readonly FlavourAxis[]
  /** Launch arguments that are given whatever the flavours. */
  fixedArgs(version: string): readonly string[]
  /**
   * The command line up to the application and its lifespan, without the interpreter. A server that
   * cannot be told what the plan asks for leaves it out.
   */
  command(plan: LaunchPlan): readonly string[]
  /** How it is told address, workers and all that can be set on most servers. */
  readonly settings: SettingsDialect
  /**
   * For servers whose idle connections end later than a tester waits at first, and sooner than a busy machine may
   * make it wait: what they are told, so that what they close is closed for another reason.
   */
  readonly keepsIdle?: Settings
  /** Settings that are no option: the server has the application wrapped in something of its own, or needs that. */
  wrapper?(asked: Settings, version: string): Wrapper | null
  /** `flavours` holds one name of every axis; `args` are the launch arguments, those of the user among them. */
  capabilities(
    version: string,
    flavours: ReadonlySet<string>,
    args: readonly string[],
  ): readonly Capability[]
  /** Variables that its process always gets. */
  readonly environment?: Readonly<Record<string, string>>
}

export type ServerSource =
  | {
      readonly kind: 'pypi'
      /** The distribution whose version the target's version is. */
      readonly distribution: string
      /** Extras to ask for: `['standard']`. */
      readonly extras: readonly string[]
      /** What old releases need beside their own metadata to run on a Python of today. */
      readonly eras?: readonly Era[]
      /** Its user puts code of their own before that of the release. */
      readonly modified?: true
    }
  | {
      readonly kind: 'environment'
      readonly distribution: string
      /** The Python of an environment that its user made. */
      readonly python: string
    }
  | { readonly kind: 'bundled' }
  | {
      readonly kind: 'command'
      /** Name or path of what is started; its arguments are the descriptor's command. */
      readonly executable: string
      /** As its user says; null: unknown. */
      readonly version: string | null
    }

/** The flavour of every axis, user's choice first, then the default of that release. */
export function chooseFlavours(
  server: ServerDescriptor,
  version: string,
  asked: readonly string[],
): readonly Flavour[] {
  return server.axes.map((axis) => {
    const named = axis.flavours.find((flavour) => asked.includes(flavour.name))
    const fallback = axis.defaultFor(version)
    return named ?? axis.flavours.find(({ name }) => name === fallback) ?? axis.flavours[0]
  })
}

/** `--name value`, or nothing where the plan leaves the choice to the server. */
export function option(name: string, value: string | number | null): readonly string[] {
  return value === null ? [] : [name, String(value)]
}
