/** A release as PyPI writes it (PEP 440): numbers, then at most one pre-, post- and development mark. */
const VERSION = /^(\d+(?:\.\d+)*)(?:(a|b|rc)(\d+))?(?:\.post(\d+))?(?:\.dev(\d+))?$/

interface ParsedVersion {
  readonly release: readonly number[]
  /** Development, alpha, beta, candidate, final, post: in the order in which they come out. */
  readonly stage: readonly [kind: number, number: number]
}

const STAGE = { dev: 0, a: 1, b: 2, rc: 3, final: 4, post: 5 } as const

export function isVersion(text: string): boolean {
  return VERSION.test(text)
}

/** Negative when `left` came out before `right`; what is no version sorts before every version. */
export function compareVersions(left: string, right: string): number {
  const a = parse(left)
  const b = parse(right)
  for (let index = 0; index < Math.max(a.release.length, b.release.length); index += 1) {
    const difference = (a.release[index] ?? 0) - (b.release[index] ?? 0)
    if (difference !== 0) return difference
  }
  return a.stage[0] - b.stage[0] || a.stage[1] - b.stage[1]
}

export function atLeast(version: string, since: string): boolean {
  return compareVersions(version, since) >= 0
}

function parse(text: string): ParsedVersion {
  const match = VERSION.exec(text)
  if (match === null) return { release: [-1], stage: [STAGE.dev, 0] }
  const [, release = '0', pre, preNumber, post, dev] = match
  return { release: release.split('.').map(Number), stage: stageOf(pre, preNumber, post, dev) }
}

function stageOf(
  pre: string | undefined,
  preNumber: string | undefined,
  post: string | undefined,
  dev: string | undefined,
): readonly [number, number] {
  if (dev !== undefined) return [STAGE.dev, Number(dev)]
  if (post !== undefined) return [STAGE.post, Number(post)]
  return isPre(pre) ? [STAGE[pre], Number(preNumber)] : [STAGE.final, 0]
}

function isPre(mark: string | undefined): mark is 'a' | 'b' | 'rc' {
  return mark === 'a' || mark === 'b' || mark === 'rc'
}
