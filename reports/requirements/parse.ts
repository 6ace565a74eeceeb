import type { z } from 'zod'
import type { LoadProfile } from '../../evidence/load.ts'
import { sha256 } from '../canonical-json.ts'
import type { Catalogue } from './catalogue.ts'
import { profileShape, type RequirementsFile, requirementsFile } from './file-format.ts'
import { type Path, type Problems, RequirementsError, type RequirementsProblem } from './problem.ts'
import type { Requirements } from './requirements.ts'
import { resolveProfile } from './resolve-profile.ts'
import { type Resolution, readRequirements } from './resolve-requirement.ts'
import { shapeProblems } from './shape.ts'
import { readYaml, type YamlSource } from './yaml-source.ts'

/**
 * Reads a requirements file and looks up every name in it. `fileName` is only for messages.
 *
 * @throws RequirementsError (exit code 2) with every problem of the file, each with line and column.
 */
export function parseRequirements(
  text: string,
  fileName: string,
  catalogue: Catalogue,
): Requirements {
  const source = readYaml(text, fileName)
  if (source.problems.length > 0) throw new RequirementsError(fileName, source.problems)
  const found: RequirementsProblem[] = []
  const problems: Problems = {
    add: (path, complaint) => {
      found.push({ file: fileName, ...source.locate(path), ...complaint })
    },
  }
  const file = checkShape(source, fileName, found)
  const profiles = readProfiles(member(source.data, 'profiles'), catalogue.profiles, problems)
  const resolution: Resolution = {
    catalogue: { ...catalogue, profiles },
    risks: riskIds(source.data),
    problems,
  }
  const requirements = readRequirements(member(source.data, 'requirements'), resolution)
  // A requirement with a wrong shape is not in the list: its risks are not orphans yet.
  if (file !== null) checkOrphanRisks(resolution.risks, requirements, problems)
  if (file === null || found.length > 0) {
    throw new RequirementsError(fileName, found.toSorted(byPlace))
  }
  return assemble(file, fileName, text, requirements)
}

function checkShape(
  source: YamlSource,
  fileName: string,
  found: RequirementsProblem[],
): RequirementsFile | null {
  const parsed: z.ZodSafeParseResult<RequirementsFile> = requirementsFile.safeParse(source.data)
  if (parsed.success) return parsed.data
  for (const { path, at, complaint } of shapeProblems(source.data, parsed.error)) {
    const place = at === 'key' ? source.locateKey(path) : source.locate(path)
    found.push({ file: fileName, ...place, ...complaint })
  }
  return null
}

/** The built-in profiles, changed and extended by those of the file. */
function readProfiles(
  written: unknown,
  builtIn: readonly LoadProfile[],
  problems: Problems,
): readonly LoadProfile[] {
  if (typeof written !== 'object' || written === null) return builtIn
  const profiles = new Map(builtIn.map((profile) => [profile.name, profile]))
  for (const [name, value] of Object.entries(written)) {
    const shape = profileShape.safeParse(value)
    if (!shape.success) continue
    const path: Path = ['profiles', name]
    const profile = resolveProfile(name, shape.data, profiles.get(name), path, problems)
    if (profile !== null) profiles.set(name, profile)
  }
  return [...profiles.values()]
}

function riskIds(data: unknown): readonly string[] {
  const risks = member(data, 'risks')
  if (!Array.isArray(risks)) return []
  return risks.map((risk) => member(risk, 'id')).filter((id) => typeof id === 'string')
}

/** IEC 62304 7.3.3: a risk that no evidence bears on is a gap in the trace. */
function checkOrphanRisks(
  risks: readonly string[],
  requirements: Requirements['requirements'],
  problems: Problems,
): void {
  const borne = new Set(requirements.flatMap((requirement) => requirement.risks))
  for (const [index, risk] of risks.entries()) {
    if (risks.indexOf(risk) !== index) {
      problems.add(['risks', index, 'id'], {
        code: 'requirements/duplicate-id',
        input: `"${risk}"`,
        rule: 'is the id of two risks.',
        cure: 'Give each its own.',
      })
    } else if (!borne.has(risk)) {
      problems.add(['risks', index, 'id'], {
        code: 'requirements/orphan-risk',
        input: `"${risk}"`,
        rule: 'has no requirement whose evidence bears on it.',
        cure: 'Name it under "risks" of a requirement, or leave it to the risk file of the device.',
      })
    }
  }
}

function assemble(
  file: RequirementsFile,
  fileName: string,
  text: string,
  requirements: Requirements['requirements'],
): Requirements {
  return {
    file: fileName,
    sha256: sha256(text),
    document: file.document,
    standards: file.standard,
    soup: {
      purl: file.soup.purl ?? null,
      manufacturer: file.soup.manufacturer,
      safetyClass: file.soup.safety_class,
      rationale: file.soup.rationale,
      sha256: file.soup.sha256 ?? null,
    },
    intendedUse: file.intended_use,
    featuresUsed: file.features_used,
    items: file.items,
    risks: file.risks,
    requirements,
    approvals: file.approvals,
  }
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}

const byPlace = (a: RequirementsProblem, b: RequirementsProblem): number =>
  a.line - b.line || a.column - b.column
