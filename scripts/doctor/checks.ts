import { execFile } from 'node:child_process'
import { access, constants, mkdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import { AssayError } from '../../evidence/errors.ts'
import { findK6 } from '../../load/engines/find-k6.ts'
import { cacheFolder } from '../../targets/python/cache.ts'
import { findPython } from '../../targets/python/interpreter.ts'

/** One thing that some part of assay needs from the machine. */
export interface Check {
  readonly name: string
  /** What does not work without it. */
  readonly neededFor: string
  /** Its version or place; null where it is missing. */
  readonly found: string | null
  /** What to do where it is missing. */
  readonly cure: string
}

const run = promisify(execFile)

const OLDEST_NODE = [20, 19] as const
const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** Looks at everything, in the order in which a newcomer needs it. */
export function inspectMachine(): Promise<readonly Check[]> {
  return Promise.all([
    Promise.resolve(checkNode()),
    checkPython(),
    checkCache(),
    checkK6(),
    checkGo(),
    checkChromium(),
  ])
}

function checkNode(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const recent = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
  return {
    name: 'Node.js',
    neededFor: 'everything',
    found: recent ? process.versions.node : null,
    cure: `Install Node.js ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}.`,
  }
}

async function checkPython(): Promise<Check> {
  const about = { name: 'Python', neededFor: 'all targets but reference' }
  try {
    const { version, executable } = await findPython()
    return { ...about, found: `${version} (${executable})`, cure: '' }
  } catch (error) {
    if (!(error instanceof AssayError)) throw error
    return { ...about, found: null, cure: error.cure }
  }
}

async function checkCache(): Promise<Check> {
  const folder = cacheFolder()
  const about = { name: 'cache folder', neededFor: 'installed servers' }
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
    return { ...about, found: folder, cure: '' }
  } catch {
    const cure = `Make ${folder} writable, or name another folder in ASSAY_CACHE.`
    return { ...about, found: null, cure }
  }
}

async function checkK6(): Promise<Check> {
  const k6 = await findK6()
  const about = { name: 'k6', neededFor: 'load at a fixed arrival rate' }
  if ('reason' in k6) return { ...about, found: null, cure: k6.reason }
  return { ...about, found: `${k6.version} (${k6.file})`, cure: '' }
}

async function checkGo(): Promise<Check> {
  return {
    name: 'Go',
    neededFor: 'npm run build:k6',
    found: await firstLine('go', ['version']),
    cure: 'Install Go from https://go.dev/dl or your package manager.',
  }
}

async function checkChromium(): Promise<Check> {
  const found: (string | null)[] = []
  const chosen = process.env['CHROMIUM']
  for (const name of chosen === undefined ? CHROMIUM_NAMES : [chosen])
    found.push(await firstLine(name, ['--version']))
  return {
    name: 'Chromium',
    neededFor: "assay's own test of the HTML report",
    found: found.find((line) => line !== null) ?? null,
    cure: 'On Debian: apt-get install chromium; elsewhere set CHROMIUM to its path.',
  }
}

async function firstLine(command: string, args: readonly string[]): Promise<string | null> {
  try {
    const { stdout } = await run(command, args, { timeout: 20_000 })
    return stdout.split('\n')[0]?.trim() ?? null
  } catch {
    return null
  }
}
