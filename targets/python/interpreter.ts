import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { z } from 'zod'
import { InfrastructureError } from '../../evidence/errors.ts'
import { managedPythons } from './managed.ts'

const run = promisify(execFile)

/** A Python that can build environments. */
export interface Interpreter {
  /** Absolute path of the real executable, shims resolved. */
  readonly executable: string
  /** `3.11.7`. */
  readonly version: string
  /** `CPython`. */
  readonly implementation: string
}

/** First the one a user's shell means, then the newest of those that packagers install side by side. */
const CANDIDATES = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python']

/** The oldest that servers of today run on, and that is taken unasked. */
const OLDEST_MINOR = 11
/** The oldest that the probe runs on. */
const OLDEST_FOR_PROBE = 8

/** `ensurepip` is missing where Debian's python3-venv is: such a Python cannot make an environment. */
const QUESTION = `
import json, platform, sys
try:
    import ensurepip, venv
    usable = True
except ImportError:
    usable = False
print(json.dumps({
    'executable': sys.executable,
    'version': platform.python_version(),
    'implementation': platform.python_implementation(),
    'canMakeEnvironments': usable,
}))
`

const Answer = z.object({
  executable: z.string(),
  version: z.string(),
  implementation: z.string(),
  canMakeEnvironments: z.boolean(),
})

type Candidate = z.infer<typeof Answer>

const found = new Map<number | null, Promise<Interpreter>>()

/**
 * Python 3.11 or newer from PATH, or the one that ASSAY_PYTHON names; for a release that no Python
 * after 3.`newest` runs, one of its time. Asked once a process.
 * @throws InfrastructureError `python/missing`, `python/no-venv` or `python/none-so-old`.
 */
export function findPython(newest: number | null = null): Promise<Interpreter> {
  const known = found.get(newest)
  if (known !== undefined) return known
  const chosen = process.env['ASSAY_PYTHON']
  const search = newest === null ? searchPython(chosen) : searchOldPython(newest, chosen)
  found.set(newest, search)
  return search
}

/** The newest Python up to 3.`newest` that the machine has: on PATH, or among those of a version manager. */
export async function searchOldPython(
  newest: number,
  chosen: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Interpreter> {
  const minors = Array.from({ length: newest - OLDEST_FOR_PROBE + 1 }, (_, index) => newest - index)
  const names = [
    ...(chosen === undefined ? [] : [chosen]),
    ...minors.flatMap((minor) => [`python3.${minor}`, ...managedPythons(minor, environment)]),
  ]
  for (const name of names) {
    const candidate = await ask(name, environment)
    if (candidate?.canMakeEnvironments !== true) continue
    if (minors.includes(minorOf(candidate.version))) return candidate
  }
  throw new InfrastructureError({
    code: 'python/none-so-old',
    input: names.join(', '),
    rule: `This release of the server does not run on a Python after 3.${newest}, and none of its time was found.`,
    cure: `Install one (pyenv install 3.${newest}, or uv python install 3.${newest}) or set ASSAY_PYTHON to its path.`,
  })
}

/** The search itself, for a given ASSAY_PYTHON (undefined: PATH decides). */
export async function searchPython(
  chosen: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Interpreter> {
  const names = chosen === undefined ? CANDIDATES : [chosen]
  const seen: Candidate[] = []
  for (const name of names) {
    const candidate = await ask(name, environment)
    if (candidate === null) continue
    if (isRecent(candidate.version) && candidate.canMakeEnvironments) return candidate
    seen.push(candidate)
  }
  throw explain(names, seen)
}

async function ask(name: string, environment: NodeJS.ProcessEnv): Promise<Candidate | null> {
  try {
    const { stdout } = await run(name, ['-c', QUESTION], { env: environment, timeout: 10_000 })
    return Answer.parse(JSON.parse(stdout))
  } catch {
    // Not installed, or a shim without a Python behind it: the next candidate may be better.
    return null
  }
}

function isRecent(version: string): boolean {
  return minorOf(version) >= OLDEST_MINOR
}

/** 11 of 3.11.7; endless for a Python after 3, and before. */
function minorOf(version: string): number {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major === 3 ? minor : (major - 3) * Number.POSITIVE_INFINITY
}

function explain(names: readonly string[], seen: readonly Candidate[]): InfrastructureError {
  const recent = seen.find(({ version }) => isRecent(version))
  if (recent !== undefined) {
    return new InfrastructureError({
      code: 'python/no-venv',
      input: recent.executable,
      rule: `Python ${recent.version} lacks its modules venv and ensurepip.`,
      cure: 'On Debian: apt-get install python3-venv.',
    })
  }
  const others = seen.map(({ executable, version }) => `${executable} (${version})`).join(', ')
  return new InfrastructureError({
    code: 'python/missing',
    input: names.join(', '),
    rule: `Python servers need Python 3.${OLDEST_MINOR} or newer; ${others === '' ? 'no Python was found on PATH.' : `found only ${others}.`}`,
    cure: 'Install it (Debian: apt-get install python3 python3-venv) or set ASSAY_PYTHON to its path; the target "reference" needs none.',
  })
}
