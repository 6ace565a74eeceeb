/** A field line, its name in lower case. */
export type Line = readonly [name: string, value: string]

/**
 * Whether field lines came in the order in which they were sent. Only names all of whose values have come can
 * tell: what was lost, joined or changed is out of no order.
 */
export function inOrder(came: readonly Line[], sent: readonly Line[]): boolean {
  const whole = new Set(
    sent.map(([name]) => name).filter((name) => sorted(came, name) === sorted(sent, name)),
  )
  const [one, other] = [came, sent].map((lines) => lines.filter(([name]) => whole.has(name)))
  return JSON.stringify(one) === JSON.stringify(other)
}

function sorted(lines: readonly Line[], name: string): string {
  return JSON.stringify(lines.flatMap(([key, value]) => (key === name ? [value] : [])).toSorted())
}
