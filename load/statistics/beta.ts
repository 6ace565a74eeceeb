/** Lanczos' approximation (g = 7, nine terms): relative error below 1e-13 for x > 0. */
const LANCZOS = [
  0.999_999_999_999_809_9, 676.520_368_121_885_1, -1259.139_216_722_402_8, 771.323_428_777_653_1,
  -176.615_029_162_140_6, 12.507_343_278_686_905, -0.138_571_095_265_720_12,
  9.984_369_578_019_572e-6, 1.505_632_735_149_311_6e-7,
] as const

function logGamma(x: number): number {
  const [first, ...rest] = LANCZOS
  const series = rest.reduce<number>((sum, term, index) => sum + term / (x + index), first)
  const t = x + 6.5
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(series)
}

/**
 * The regularised incomplete beta function I_x(a, b), a > 0, b > 0: the common root of the binomial
 * and Student distributions (DLMF §8.17).
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  // DLMF 8.17.4; the fraction converges fast only on this side of the mean.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a)
  const logFront =
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)
  return (Math.exp(logFront) * betaFraction(x, a, b)) / a
}

const TINY = 1e-300
const awayFromZero = (value: number): number => (Math.abs(value) < TINY ? TINY : value)

/** The continued fraction DLMF 8.17.22, by Lentz's method; terms needed grow as the root of a + b. */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1))
  let value = d
  for (let m = 1; m < 20_000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / awayFromZero(1 + even * d)
    c = awayFromZero(1 + even / c)
    value *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / awayFromZero(1 + odd * d)
    c = awayFromZero(1 + odd / c)
    value *= d * c
    if (Math.abs(d * c - 1) < 1e-15) return value
  }
  return value
}

/** The x in [low, high] where an increasing function reaches a level, to the last bit that matters. */
export function bisect(
  increasing: (x: number) => number,
  level: number,
  low: number,
  high: number,
): number {
  let [below, above] = [low, high]
  for (let step = 0; step < 200; step += 1) {
    const middle = (below + above) / 2
    if (middle <= below || middle >= above) break
    if (increasing(middle) < level) below = middle
    else above = middle
  }
  return (below + above) / 2
}
