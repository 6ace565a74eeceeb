/** Maps a range of values to a range of pixels. */
export type Scale = (value: number) => number

export function linear(
  domain: readonly [from: number, to: number],
  range: readonly [from: number, to: number],
): Scale {
  const span = domain[1] - domain[0] || 1
  return (value) => range[0] + ((value - domain[0]) / span) * (range[1] - range[0])
}

/** Round numbers (1, 2 or 5 times a power of ten) from zero that cover `most`: the last one is not below it. */
export function niceTicks(most: number, count: number): readonly number[] {
  if (!(most > 0)) return [0, 1]
  const rough = most / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power
  const steps = Math.ceil(most / step - 1e-9)
  return Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(12)))
}

/** A coordinate short enough to read in the source. */
export const px = (value: number): string => String(Number(value.toFixed(1)))
