/** One line of the table. */
export interface Row {
  readonly scenario: string
  readonly peer: string
  readonly figure: string
  /** The reference's figure divided by the peer's; null for the reference itself. */
  readonly ratio: number | null
  readonly bar: { readonly least: number } | { readonly most: number } | null
  readonly note: string
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}

export function printHeading(): void {
  print('scenario', 'server', 'median (range)', 'reference is', 'bar', '')
}

export function printRow({ scenario, peer, figure, ratio, bar, note }: Row): void {
  const ratioText = ratio === null ? '' : `${ratio.toFixed(2)}x`
  print(scenario, peer, figure, ratioText, verdictOf(ratio, bar), note)
}

function verdictOf(ratio: number | null, bar: Row['bar']): string {
  if (ratio === null || bar === null) return ''
  const isLeast = 'least' in bar
  const limit = isLeast ? bar.least : bar.most
  const isHeld = isLeast ? ratio >= limit : ratio <= limit
  return `${isLeast ? '>=' : '<='} ${limit.toFixed(2)}x ${isHeld ? 'held' : 'MISSED'}`
}

function print(...[scenario, peer, figure, ratio, bar, note]: readonly string[]): void {
  const columns: readonly (readonly [text: string | undefined, width: number])[] = [
    [scenario, 11],
    [peer, 26],
    [figure, 28],
    [ratio, 14],
    [bar, 18],
    [note, 0],
  ]
  const line = columns.map(([text = '', width]) => text.padEnd(width)).join('')
  process.stdout.write(`${line.trimEnd()}\n`)
}
