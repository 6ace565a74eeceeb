import type { Dimension } from '../../evidence/load.ts'

/** Units that a file may use, with their size in the dimension's base unit. */
const UNITS: Readonly<Record<Dimension, Readonly<Record<string, number>>>> = {
  time: { s: 1, ms: 1e-3, µs: 1e-6, us: 1e-6, min: 60, h: 3600 },
  memory: {
    B: 1,
    KiB: 1024,
    MiB: 1024 ** 2,
    GiB: 1024 ** 3,
    kB: 1e3,
    MB: 1e6,
    GB: 1e9,
  },
  rate: { '/s': 1, '1/s': 1, 'req/s': 1, '/min': 1 / 60 },
  ratio: { '': 1, '%': 0.01 },
  count: { '': 1 },
}

const EXAMPLE: Readonly<Record<Dimension, string>> = {
  time: '500 ms',
  memory: '150 MiB',
  rate: '1000 /s',
  ratio: '0.1 %',
  count: '10',
}

/** A number, then a unit. Sign and digits only: `Infinity`, hexadecimal and `1,000` are no limits. */
const QUANTITY = /^(?<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(?<unit>\S*)$/i

/** Keeps an editor's help in step with what is accepted here. */
export const QUANTITY_PATTERN: string = String.raw`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*\S*$`

export type Quantity =
  | { readonly ok: true; readonly value: number; readonly text: string }
  | { readonly ok: false; readonly code: string; readonly rule: string; readonly cure: string }

/** Reads `500 ms` as a quantity of a dimension, in its base unit; says what is wrong otherwise. */
export function readQuantity(given: string | number, dimension: Dimension): Quantity {
  const text = String(given).trim()
  const { number, unit = '' } = QUANTITY.exec(text)?.groups ?? {}
  const units = Object.keys(UNITS[dimension]).filter((name) => name !== '')
  const inOneOf = units.length === 0 ? 'without a unit' : `in ${units.join(', ')}`
  const cure = `Write a number ${inOneOf}, as in "${EXAMPLE[dimension]}".`
  if (number === undefined) {
    return { ok: false, code: 'vague-limit', rule: 'is not a number that can be tested.', cure }
  }
  const factor = UNITS[dimension][unit]
  if (factor === undefined) return { ok: false, ...unitComplaint(unit, dimension), cure }
  const value = Number(number) * factor
  if (!Number.isFinite(value) || value < 0) {
    return { ok: false, code: 'limit-range', rule: 'is below zero or out of range.', cure }
  }
  return { ok: true, value, text }
}

function unitComplaint(unit: string, dimension: Dimension): { code: string; rule: string } {
  if (unit === '') return { code: 'no-unit', rule: `has no unit, but a ${dimension} needs one.` }
  const other = DIMENSIONS.find((name) => UNITS[name][unit] !== undefined)
  if (other === undefined) return { code: 'unknown-unit', rule: `has the unknown unit "${unit}".` }
  return {
    code: 'wrong-unit',
    rule: `is written in "${unit}", a unit of ${other}, but a ${dimension} is meant.`,
  }
}

const DIMENSIONS: readonly Dimension[] = ['time', 'memory', 'rate', 'ratio', 'count']
