import { createHash } from 'node:crypto'
import type { ProgramResult } from '../engine/session.ts'
import type { Property } from '../properties/property.ts'
import type { Aspect, Observation } from './observe.ts'

/** One program as one target ran it. */
export interface Recorded {
  /** It broke no clause, and left no doubt: what it shows is a choice of the server. */
  readonly clean: boolean
  /** By `subject\nname`; null: two runs of the same program did not agree. */
  readonly aspects: Map<string, string | null>
}

export interface ProgramCase {
  readonly property: Property
  readonly program: unknown
  /** Length of its JSON: a smaller program says more. */
  readonly size: number
}

/** Every program that any target ran, by a digest of property and program. */
export class ProgramCases {
  readonly #cases: Map<string, ProgramCase> = new Map()
  /** Equal texts of different programs and targets are kept once. */
  readonly #texts: Map<string, string> = new Map()

  add(property: Property, program: unknown): string {
    const json = JSON.stringify(program)
    const key = createHash('sha1').update(`${property.id}\n${json}`).digest('base64')
    if (!this.#cases.has(key)) this.#cases.set(key, { property, program, size: json.length })
    return key
  }

  get(key: string): ProgramCase | undefined {
    return this.#cases.get(key)
  }

  keys(): IterableIterator<string> {
    return this.#cases.keys()
  }

  once(text: string): string {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    this.#texts.set(text, text)
    return text
  }
}

/** What one target has shown, program by program. */
export class Recorder {
  readonly programs: Map<string, Recorded> = new Map()
  readonly #cases: ProgramCases

  constructor(cases: ProgramCases) {
    this.#cases = cases
  }

  note(property: Property, program: unknown, result: ProgramResult): void {
    const key = this.#cases.add(property, program)
    const clean = isClean(result)
    const aspects = new Map(
      byName(result.observe()).map(([name, value]) => [
        this.#cases.once(name),
        this.#cases.once(value),
      ]),
    )
    const before = this.programs.get(key)
    this.programs.set(
      key,
      before === undefined ? { clean, aspects } : joined(before, aspects, clean),
    )
  }
}

export function isClean({ judge }: ProgramResult): boolean {
  return judge.violations.length === 0 && judge.doubts.length === 0
}

/** By subject and name; several values under one name (exceptions) are one list. */
export function byName(observation: Observation): (readonly [string, string])[] {
  const values = new Map<string, string[]>()
  for (const aspect of observation) {
    const name = keyOf(aspect)
    const list = values.get(name)
    if (list === undefined) values.set(name, [aspect.value])
    else list.push(aspect.value)
  }
  return [...values].map(([name, list]) => [name, list.join('; ')] as const)
}

export function keyOf({ subject, name }: Pick<Aspect, 'subject' | 'name'>): string {
  return `${subject}\n${name}`
}

function joined(before: Recorded, aspects: ReadonlyMap<string, string>, clean: boolean): Recorded {
  const both = new Set([...before.aspects.keys(), ...aspects.keys()])
  const agreed = [...both].map((name) => {
    const value = before.aspects.get(name) ?? null
    return [name, value === aspects.get(name) ? value : null] as const
  })
  return { clean: clean && before.clean, aspects: new Map(agreed) }
}
