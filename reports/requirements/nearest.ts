/** How many single-character edits turn one text into the other (Levenshtein distance). */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? a.length
}

/** `Did you mean "latency"?` where a known name is near enough to be a slip, else the names there are. */
export function suggestion(given: string, known: readonly string[]): string {
  const ranked = known
    .map((name) => ({ name, edits: distance(given.toLowerCase(), name.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits)
  const best = ranked[0]
  if (best === undefined) return 'There is none to choose from.'
  if (best.edits <= Math.max(2, Math.ceil(given.length / 3))) return `Did you mean "${best.name}"?`
  const shown = known.slice(0, 12)
  const rest = known.length - shown.length
  return `Known: ${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`
}
