import { type Complaint, UsageError } from '../../evidence/errors.ts'
import { sha256 } from '../canonical-json.ts'
import { suggestion } from '../requirements/nearest.ts'
import { formatProblem, type Path, type RequirementsProblem } from '../requirements/problem.ts'
import { shapeProblems } from '../requirements/shape.ts'
import { readYaml } from '../requirements/yaml-source.ts'
import type { Deviation, DeviationCatalogue, Deviations } from './deviations.ts'
import { deviationsFile, type FileDeviation } from './file-format.ts'
import { readPattern } from './target-pattern.ts'

/** One thing wrong with a deviations file, and where. */
export type DeviationProblem = RequirementsProblem

/** A deviations file was refused: all that is wrong with it (exit code 2). */
export class DeviationsError extends UsageError {
  readonly problems: readonly DeviationProblem[]

  constructor(file: string, problems: readonly DeviationProblem[]) {
    super({
      code: 'deviations/refused',
      input: file,
      rule: `cannot be used:\n${problems.map((problem) => `  ${formatProblem(problem)}`).join('\n')}\n`,
      cure: 'docs/deviations.md explains every key.',
    })
    this.problems = problems
  }
}

/**
 * Reads a deviations file and looks up every name in it: an entry that could never match is an error.
 * @throws DeviationsError with every problem of the file, each with line and column.
 */
export function parseDeviations(
  text: string,
  fileName: string,
  catalogue: DeviationCatalogue,
): Deviations {
  const source = readYaml(text, fileName)
  if (source.problems.length > 0) throw new DeviationsError(fileName, source.problems.map(renamed))
  const parsed = deviationsFile.safeParse(source.data)
  if (!parsed.success) {
    const problems = shapeProblems(source.data, parsed.error).map(({ path, at, complaint }) => {
      const place = at === 'key' ? source.locateKey(path) : source.locate(path)
      return renamed({ file: fileName, ...place, ...complaint })
    })
    throw new DeviationsError(fileName, problems)
  }
  const found: DeviationProblem[] = []
  const add = (path: Path, complaint: Complaint): void => {
    found.push({ file: fileName, ...source.locate(path), ...complaint })
  }
  const entries = parsed.data.deviations.flatMap((entry, index) => {
    const resolved = resolve(entry, ['deviations', index], catalogue, add)
    return resolved === null ? [] : [resolved]
  })
  checkTwice(parsed.data.deviations, add)
  if (found.length > 0) throw new DeviationsError(fileName, found)
  return { file: fileName, sha256: sha256(text), entries }
}

/** The readers of YAML and of shapes are those of requirements files, and name their area. */
function renamed(problem: DeviationProblem): DeviationProblem {
  return { ...problem, code: problem.code.replace(/^requirements\//, 'deviations/') }
}

type Add = (path: Path, complaint: Complaint) => void

function resolve(
  { target, clause, finding, reason, link, expires }: FileDeviation,
  path: Path,
  catalogue: DeviationCatalogue,
  add: Add,
): Deviation | null {
  checkTarget(target, [...path, 'target'], catalogue, add)
  if ((clause === undefined) === (finding === undefined)) {
    add(path, {
      code: 'deviations/clause-or-finding',
      input: `"${target}"`,
      rule: 'names either a clause or a finding.',
      cure: 'Keep one of the two keys.',
    })
    return null
  }
  const common = { target, reason, link, expires }
  if (clause !== undefined) {
    checkClause(clause, [...path, 'clause'], catalogue, add)
    return { ...common, clause, finding: null, property: null }
  }
  const known = catalogue.finding(finding ?? '')
  if (known !== null) return { ...common, ...known, finding: finding ?? '' }
  add([...path, 'finding'], {
    code: 'deviations/unknown-finding',
    input: `"${finding}"`,
    rule: 'is the id of no property and clause of this release.',
    cure: 'Take it from a report of this release, or name the clause.',
  })
  return null
}

function checkTarget(target: string, path: Path, { targets }: DeviationCatalogue, add: Add): void {
  const pattern = readPattern(target)
  const input = `"${target}"`
  if (pattern === null) {
    add(path, {
      code: 'deviations/bad-target',
      input,
      rule: 'is no target.',
      cure: 'Write name[@version][+flavour...]: uvicorn@0.29.*+h11.',
    })
    return
  }
  if (target.startsWith('http')) return
  const known = targets.find(({ name }) => name === pattern.name)
  if (known === undefined) {
    const names = targets.map(({ name }) => name)
    const cure = suggestion(pattern.name, names)
    add(path, { code: 'deviations/unknown-target', input, rule: 'matches no target.', cure })
    return
  }
  for (const flavour of pattern.flavours) {
    if (known.flavours.includes(flavour)) continue
    const rule = `matches no target: ${known.name} has no flavour "${flavour}".`
    const cure = suggestion(flavour, known.flavours)
    add(path, { code: 'deviations/unknown-flavour', input, rule, cure })
  }
}

function checkClause(clause: string, path: Path, { clauses }: DeviationCatalogue, add: Add): void {
  if (clauses.includes(clause)) return
  add(path, {
    code: 'deviations/unknown-clause',
    input: `"${clause}"`,
    rule: 'is no clause.',
    cure: suggestion(clause, clauses),
  })
}

function checkTwice(entries: readonly FileDeviation[], add: Add): void {
  const seen = new Set<string>()
  for (const [index, { target, clause, finding }] of entries.entries()) {
    const key = `${target} ${clause ?? finding}`
    if (seen.has(key)) {
      add(['deviations', index], {
        code: 'deviations/twice',
        input: `"${target}", ${clause ?? finding}`,
        rule: 'is listed twice.',
        cure: 'Keep one of the entries.',
      })
    }
    seen.add(key)
  }
}
