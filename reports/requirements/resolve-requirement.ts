import { canonicalJson, sha256 } from '../canonical-json.ts'
import type { Catalogue } from './catalogue.ts'
import {
  criterionShape,
  type FileCriterion,
  type FileRequirement,
  requirementShape,
} from './file-format.ts'
import type { Path, Problems } from './problem.ts'
import type { Criterion, Requirement } from './requirements.ts'
import { resolveConformance, unknownRisk } from './resolve-conformance.ts'
import { resolveMeasurement } from './resolve-measurement.ts'

/** What every step of looking names up needs. */
export interface Resolution {
  readonly catalogue: Catalogue
  /** Ids of the risks of the file. */
  readonly risks: readonly string[]
  readonly problems: Problems
}

/**
 * Resolves the requirements of a file whose shape was checked (and complained of) elsewhere: what has
 * the wrong shape is passed over here, everything else is looked up, so that one run names all mistakes.
 */
export function readRequirements(written: unknown, resolution: Resolution): readonly Requirement[] {
  if (!Array.isArray(written)) return []
  const ids = new Set<string>()
  return written.flatMap((value: unknown, index) => {
    const path: Path = ['requirements', index]
    const shape = requirementShape.safeParse(value)
    if (shape.success) {
      claimId(shape.data.id, ids, [...path, 'id'], resolution.problems)
      return [resolveRequirement(shape.data, path, resolution)]
    }
    resolveFragments(value, path, resolution)
    return []
  })
}

function resolveRequirement(
  written: FileRequirement,
  path: Path,
  resolution: Resolution,
): Requirement {
  const risks = written.risks ?? []
  for (const [index, risk] of risks.entries()) {
    if (!resolution.risks.includes(risk)) {
      resolution.problems.add([...path, 'risks', index], unknownRisk(risk, resolution.risks))
    }
  }
  const ids = new Set<string>()
  const criteria = written.criteria.flatMap((criterion, index) => {
    const place: Path = [...path, 'criteria', index]
    const id = criterion.id ?? String(index + 1)
    claimId(id, ids, [...place, 'id'], resolution.problems)
    const resolved = resolveCriterion(criterion, `${written.id}.${id}`, place, resolution)
    return resolved === null ? [] : [resolved]
  })
  const { id, title, kind, text } = written
  return {
    id,
    title,
    kind,
    text,
    rationale: written.rationale ?? null,
    risks,
    criteria,
    allocated: written.allocated_elsewhere ?? [],
    fingerprint: sha256(canonicalJson(written)),
  }
}

/** Of a requirement with a wrong shape, the criteria that have a right one. */
function resolveFragments(value: unknown, path: Path, resolution: Resolution): void {
  const criteria = typeof value === 'object' && value !== null && Reflect.get(value, 'criteria')
  if (!Array.isArray(criteria)) return
  for (const [index, criterion] of criteria.entries()) {
    const shape = criterionShape.safeParse(criterion)
    const place: Path = [...path, 'criteria', index]
    if (shape.success) resolveCriterion(shape.data, String(index + 1), place, resolution)
  }
}

function resolveCriterion(
  written: FileCriterion,
  id: string,
  path: Path,
  { catalogue, risks, problems }: Resolution,
): Criterion | null {
  const common = { id, capability: written.capability ?? null, pending: written.pending ?? null }
  switch (written.kind) {
    case 'conformance': {
      const resolved = resolveConformance(written, catalogue.clauses, risks, path, problems)
      return { ...common, ...resolved }
    }
    case 'measurement': {
      const resolved = resolveMeasurement(written, catalogue, path, problems)
      return resolved === null ? null : { ...common, ...resolved }
    }
    case 'manual':
      return { ...common, kind: written.kind, question: written.question }
    case 'anomalies':
    case 'vulnerabilities':
    case 'maintenance':
      return { ...common, kind: written.kind, question: written.question }
  }
}

function claimId(id: string, taken: Set<string>, path: Path, problems: Problems): void {
  if (taken.has(id)) {
    problems.add(path, {
      code: 'requirements/duplicate-id',
      input: `"${id}"`,
      rule: 'is used twice.',
      cure: 'Give each its own id: records and reports refer to it.',
    })
  }
  taken.add(id)
}
