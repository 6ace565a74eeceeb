import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { arch, cpus, release, totalmem, type } from 'node:os'
import { promisify } from 'node:util'
import type { Environment, Pressure } from '../reports/record/environment.ts'

const run = promisify(execFile)

/** Commands that print a version; one that does not answer in this time is treated as absent. */
const ANSWER_MS = 5000

/** Programs whose version the record states: where this run found them, or null where it did not. */
export interface UsedPrograms {
  readonly python: string | null
  readonly k6: string | null
  readonly go: string | null
}

/** Found by the search path alone. */
const ON_PATH: UsedPrograms = { python: 'python3', k6: 'k6', go: 'go' }

/** The machine as it is now. Never fails: what cannot be found out is null or `unknown`. */
export async function collectEnvironment(
  programs: Partial<UsedPrograms> = {},
): Promise<Environment> {
  const { python, k6, go } = { ...ON_PATH, ...programs }
  const processors = cpus()
  const [os, pythonVersion, k6Version, goVersion, limit, pressure] = await Promise.all([
    distribution(),
    versionOf(python, ['--version']),
    versionOf(k6, ['version']),
    versionOf(go, ['version']),
    memoryLimit(),
    currentPressure(),
  ])
  return {
    os,
    kernel: `${type()} ${release()} ${arch()}`,
    cpu: { model: processors[0]?.model ?? 'unknown', count: Math.max(processors.length, 1) },
    memoryBytes: Math.min(totalmem(), limit),
    node: process.versions.node,
    python: pythonVersion,
    k6: k6Version,
    go: goVersion,
    pressure,
  }
}

/** os-release(5): the name that a reader recognises. */
async function distribution(): Promise<string> {
  const text = await readOrNull('/etc/os-release')
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text ?? '')?.[1] ?? type()
}

/** The first version number that a program prints of itself. */
async function versionOf(program: string | null, args: readonly string[]): Promise<string | null> {
  if (program === null) return null
  try {
    const { stdout, stderr } = await run(program, [...args], { timeout: ANSWER_MS })
    return /\d+\.\d+[\w.+-]*/.exec(`${stdout}\n${stderr}`)?.[0] ?? 'unknown'
  } catch {
    return null
  }
}

/** A container may have less memory than its host (cgroup v2, `memory.max`). */
async function memoryLimit(): Promise<number> {
  const text = await readOrNull('/sys/fs/cgroup/memory.max')
  const bytes = Number(text?.trim())
  return text !== null && Number.isFinite(bytes) && bytes > 0 ? bytes : Number.POSITIVE_INFINITY
}

/** Linux pressure stall information, the average of the last ten seconds. */
async function currentPressure(): Promise<Pressure | null> {
  const [cpu = null, memory = null, io = null] = await Promise.all(
    ['cpu', 'memory', 'io'].map(async (resource) => {
      const text = await readOrNull(`/proc/pressure/${resource}`)
      const percent = /^some avg10=([\d.]+)/m.exec(text ?? '')?.[1]
      return percent === undefined ? null : Number((Number(percent) / 100).toFixed(4))
    }),
  )
  return cpu === null && memory === null && io === null ? null : { cpu, memory, io }
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return null
  }
}
