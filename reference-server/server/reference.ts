/** How an application is named: `examples/hello.ts:app`. */
export interface Reference {
  readonly file: string
  readonly exportName: string
}

/** The two parts of `MODULE:EXPORT`, null without either. A path may have colons of its own, the name has none. */
export function readReference(text: string): Reference | null {
  const colon = text.lastIndexOf(':')
  if (colon < 1 || colon === text.length - 1) return null
  return { file: text.slice(0, colon), exportName: text.slice(colon + 1) }
}
