import type { TargetIdentity } from '../../evidence/target.ts'

/** `name[@version][+flavour...]`, where the version may hold `*`; taken apart. */
export interface TargetPattern {
  readonly name: string
  /** Null: every version. */
  readonly version: string | null
  /** All of them have to run. */
  readonly flavours: readonly string[]
}

/** Null for what cannot be a target. A server that already runs is named by its address. */
export function readPattern(text: string): TargetPattern | null {
  if (/^https?:\/\/[^\s@+]+$/.test(text)) return { name: text, version: null, flavours: [] }
  const match = /^([a-z][a-z0-9-]*)(?:@([\w.*!-]+))?((?:\+[\w-]+)*)$/.exec(text)
  if (match === null) return null
  const [, name = '', version = null, flavours = ''] = match
  return { name, version, flavours: flavours.split('+').slice(1) }
}

export function matchesTarget(pattern: TargetPattern, target: TargetIdentity): boolean {
  const { name, version, flavours } = pattern
  return (
    name === target.name &&
    (version === null || globOf(version).test(target.version)) &&
    flavours.every((flavour) => target.flavours.includes(flavour))
  )
}

function globOf(version: string): RegExp {
  const parts = version.split('*').map((part) => part.replaceAll(/[.!]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`)
}
