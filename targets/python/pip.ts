import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { InfrastructureError } from '../../evidence/errors.ts'
import type { Distribution } from './cache.ts'
import type { Interpreter } from './interpreter.ts'
import { explainPip } from './pip-errors.ts'

const Packages = z.array(z.object({ name: z.string(), version: z.string() }))

/** Milliseconds that one installation may take: old releases are compiled from source. */
const INSTALL_LIMIT = 300_000

export interface InstallOptions {
  /** Bounds on whatever is installed; they are kept in the environment, as `constraints.txt`. */
  readonly constraints: readonly string[]
  readonly withDependencies?: boolean
}

/**
 * One pip in an environment of its own installs into all the others (`pip --python`), so that a
 * target's environment holds the server and nothing else, and is made in a tenth of a second.
 */
export class Pip {
  readonly #python: string
  readonly #signal: AbortSignal | null

  private constructor(python: string, signal: AbortSignal | null) {
    this.#python = python
    this.#signal = signal
  }

  /** @throws InfrastructureError `python/no-venv` where pip's own environment cannot be made. */
  static async open(
    cache: string,
    interpreter: Interpreter,
    signal: AbortSignal | null,
  ): Promise<Pip> {
    const home = join(cache, 'pip', interpreter.version)
    const python = join(home, 'bin', 'python')
    if (!existsSync(python)) {
      await mkdir(join(cache, 'pip'), { recursive: true })
      const draft = `${home}.${randomUUID()}`
      await makeEnvironment(interpreter, draft, [], signal)
      await publish(draft, home)
    }
    return new Pip(python, signal)
  }

  /** Installs into the environment at `directory`. @throws InfrastructureError by cause. */
  async install(
    directory: string,
    requirements: readonly string[],
    { constraints, withDependencies = true }: InstallOptions,
  ): Promise<void> {
    const target = join(directory, 'bin', 'python')
    const bounds = join(directory, 'constraints.txt')
    await writeFile(bounds, constraints.map((constraint) => `${constraint}\n`).join(''))
    const options = ['--constraint', bounds, ...(withDependencies ? [] : ['--no-deps'])]
    const outcome = await this.#pip(['--python', target, 'install', ...options, ...requirements])
    if (outcome.code !== 0) throw explainPip(requirements, outcome)
  }

  /** What the environment at `directory` holds, sorted by name. */
  async list(directory: string): Promise<readonly Distribution[]> {
    const target = join(directory, 'bin', 'python')
    const outcome = await this.#pip(['--python', target, 'list', '--format', 'json'])
    if (outcome.code !== 0) throw explainPip(['list'], outcome)
    return Packages.parse(JSON.parse(outcome.stdout))
      .map(({ name, version }) => ({ name: normalize(name), version }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** The newest final release on the index. @throws InfrastructureError by cause. */
  async newest(distribution: string): Promise<string> {
    const [version] = await this.releases(distribution)
    return version
  }

  /** Final releases on the index that suit this Python, newest first. @throws InfrastructureError by cause. */
  async releases(distribution: string): Promise<readonly [string, ...string[]]> {
    const outcome = await this.#pip(['index', 'versions', distribution])
    const listed = /^Available versions: (\S.*)$/m.exec(outcome.stdout)?.[1] ?? ''
    const [first, ...others] = listed.split(',').map((version) => version.trim())
    if (outcome.code !== 0 || !first) throw explainPip([distribution], outcome)
    return [first, ...others]
  }

  #pip(args: readonly string[]): Promise<ProcessOutcome> {
    const common = ['--disable-pip-version-check', '--no-input', '--retries', '1']
    return runBounded(this.#python, ['-m', 'pip', ...common, ...args], this.#signal)
  }
}

/** PEP 503: case, dots, dashes and underscores do not distinguish packages. */
export function normalize(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-')
}

/** An empty environment at `directory`, which must not exist. */
export async function makeEnvironment(
  interpreter: Interpreter,
  directory: string,
  options: readonly string[],
  signal: AbortSignal | null,
): Promise<void> {
  const outcome = await runBounded(
    interpreter.executable,
    ['-m', 'venv', ...options, directory],
    signal,
  )
  if (outcome.code === 0) return
  await rm(directory, { recursive: true, force: true })
  throw new InfrastructureError({
    code: 'python/no-venv',
    input: interpreter.executable,
    rule: `Python ${interpreter.version} could not make a virtual environment: ${outcome.tail}`,
    cure: 'On Debian: apt-get install python3-venv.',
  })
}

/** Renames a finished draft into its place; whoever was first wins, and both contents are equal. */
export async function publish(draft: string, home: string): Promise<void> {
  try {
    await rename(draft, home)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (!existsSync(home)) throw error
  }
}

export interface ProcessOutcome {
  readonly code: number | null
  readonly stdout: string
  /** Both streams, as they came. */
  readonly output: string
  /** The last lines of it, on one line. */
  readonly tail: string
}

/** Runs to the end within the limit; a child that outlives it, or the signal, is killed. */
function runBounded(
  command: string,
  args: readonly string[],
  signal: AbortSignal | null,
): Promise<ProcessOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: INSTALL_LIMIT,
      killSignal: 'SIGKILL',
      ...(signal === null ? {} : { signal }),
    })
    let stdout = ''
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.once('error', reject)
    child.once('close', (code) => {
      const lines = output.trim().split('\n')
      resolve({ code, stdout, output, tail: lines.slice(-5).join(' | ') })
    })
  })
}
