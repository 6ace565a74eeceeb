import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Path, RequirementsProblem } from './problem.ts'

/** A YAML text with the place of everything in it. */
export interface YamlSource {
  /** Plain data; undefined when the text is not well-formed. */
  readonly data: unknown
  readonly problems: readonly RequirementsProblem[]
  /** Line and column, from 1, of the value at the path, or of its nearest ancestor that exists. */
  locate(path: Path): { readonly line: number; readonly column: number }
  /** The same, of the key instead of its value. */
  locateKey(path: Path): { readonly line: number; readonly column: number }
}

/** Reads one YAML 1.2 document. Duplicate keys, several documents and unknown tags are problems. */
export function readYaml(text: string, file: string): YamlSource {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const problems = [...document.errors, ...document.warnings].map((error) => ({
    file,
    ...at(error.pos[0]),
    code: 'requirements/yaml',
    input: 'YAML',
    rule: error.message.replace(/\.?$/, '.'),
    cure: 'Correct the syntax at this place.',
  }))
  const offset = (path: Path): number => offsetOf(document.contents, path, 'value')
  return {
    data: problems.length === 0 ? document.toJS() : undefined,
    problems,
    locate: (path) => at(offset(path)),
    locateKey: (path) => at(offsetOf(document.contents, path, 'key')),
  }
}

/** Walks down as far as the path leads; what is missing is reported at what should hold it. */
function offsetOf(root: unknown, path: Path, want: 'key' | 'value'): number {
  let node = root
  let offset = startOf(root) ?? 0
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === step)
      if (pair === undefined) return offset
      const key = startOf(pair.key) ?? offset
      offset = want === 'key' ? key : (startOf(pair.value) ?? key)
      node = pair.value
    } else if (isSeq(node)) {
      const item = node.items[Number(step)]
      if (item === undefined) return offset
      offset = startOf(item) ?? offset
      node = item
    } else {
      return offset
    }
  }
  return offset
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined)
