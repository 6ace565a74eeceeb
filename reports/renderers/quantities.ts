import type { Dimension, Interval } from '../../evidence/load.ts'

/** A unit that suits the size of a value: `factor` base units. */
interface DisplayUnit {
  readonly factor: number
  readonly symbol: string
}

const STEPS: Readonly<Record<Dimension, readonly DisplayUnit[]>> = {
  time: [
    { factor: 1, symbol: 's' },
    { factor: 1e-3, symbol: 'ms' },
    { factor: 1e-6, symbol: 'µs' },
  ],
  memory: [
    { factor: 1024 ** 3, symbol: 'GiB' },
    { factor: 1024 ** 2, symbol: 'MiB' },
    { factor: 1024, symbol: 'KiB' },
    { factor: 1, symbol: 'B' },
  ],
  rate: [{ factor: 1, symbol: '/s' }],
  // Small shares read best as a percentage, ratios around one as they are.
  ratio: [
    { factor: 1, symbol: '' },
    { factor: 0.01, symbol: '%' },
  ],
  count: [{ factor: 1, symbol: '' }],
}

/** The largest unit in which the value is at least one (for a ratio: at least a tenth). */
export function unitFor(dimension: Dimension, value: number): DisplayUnit {
  const least = dimension === 'ratio' ? 0.1 : 1
  const steps = STEPS[dimension]
  const fit = steps.find(({ factor }) => Math.abs(value) >= factor * least)
  return fit ?? steps.at(-1) ?? { factor: 1, symbol: '' }
}

/** Four significant digits, thousands apart: `12,340`, `0.0421`. */
export function formatNumber(value: number): string {
  const rounded = Number(value.toPrecision(4))
  if (rounded !== 0 && (Math.abs(rounded) >= 1e9 || Math.abs(rounded) < 1e-6))
    return String(rounded)
  const [whole = '0', fraction] = Math.abs(rounded).toFixed(9).split('.')
  const grouped = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
  const digits = fraction?.replace(/0+$/, '') ?? ''
  return `${rounded < 0 ? '-' : ''}${grouped}${digits === '' ? '' : `.${digits}`}`
}

/** A whole number in full, thousands apart: `61,243`. */
export const formatCount = (count: number): string =>
  String(Math.round(count)).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')

/** `67.2 ms`; in the unit that suits `reference` where several values are to be compared. */
export function formatQuantity(
  value: number,
  dimension: Dimension,
  reference: number = value,
): string {
  const { factor, symbol } = unitFor(dimension, reference)
  return `${formatNumber(value / factor)}${symbol === '' ? '' : ` ${symbol}`}`
}

/** `66.1 to 68.9 ms`; an unbounded side is said so. */
export function formatInterval(
  interval: Interval,
  dimension: Dimension,
  reference: number,
): string {
  const { factor, symbol } = unitFor(dimension, reference)
  const unit = symbol === '' ? '' : ` ${symbol}`
  const { low, high } = interval
  if (low === null && high === null) return 'unbounded'
  if (low === null) return `at most ${formatNumber((high ?? 0) / factor)}${unit}`
  if (high === null) return `at least ${formatNumber(low / factor)}${unit}`
  return `${formatNumber(low / factor)} to ${formatNumber(high / factor)}${unit}`
}

/** `12.5 %`: three digits say all that a share of a limit or of a day can. */
export const formatShare = (share: number): string =>
  `${formatNumber(Number((share * 100).toPrecision(3)))} %`
