import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { packageRoot } from '../../targets/package-root.ts'

/** The command as users run it. */
export const ASSAY: string = join(packageRoot(), 'dist', 'scripts', 'assay.js')

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts `assay` in a folder, without a terminal. */
export function startAssay(folder: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [ASSAY, ...args], {
    cwd: folder,
    env: { ...process.env, CI: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** What it has printed, and its exit code, once it has ended. */
export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  await once(child, 'close')
  return { code: child.exitCode, stdout, stderr }
}
