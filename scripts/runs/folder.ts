import { mkdir, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { InfrastructureError, UsageError } from '../../evidence/errors.ts'

/** Where a run's report goes unless `--out` says otherwise: `assay-report/TARGET-TIME`. */
export function defaultFolder(target: string, startedAt: string): string {
  const time = startedAt.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  return join('assay-report', `${fileName(target)}-${time}`)
}

/** A target's word as the name of a folder. */
export function fileName(target: string): string {
  return target.replaceAll(/[^A-Za-z0-9.+@-]+/g, '-')
}

/**
 * Makes the folder of a report, as an absolute path. Evidence is never overwritten.
 * @throws UsageError `report/folder-not-empty`; InfrastructureError `report/folder-not-writable`.
 */
export async function createFolder(folder: string): Promise<string> {
  const absolute = resolve(folder)
  let entries: readonly string[]
  try {
    await mkdir(absolute, { recursive: true })
    entries = await readdir(absolute)
  } catch (cause) {
    const complaint = {
      code: 'report/folder-not-writable',
      input: `--out ${folder}`,
      rule: `The folder cannot be made: ${cause instanceof Error ? cause.message : String(cause)}.`,
      cure: 'Name a folder that you may write to.',
    }
    throw new InfrastructureError(complaint, { cause })
  }
  if (entries.length === 0) return absolute
  throw new UsageError({
    code: 'report/folder-not-empty',
    input: `--out ${folder}`,
    rule: 'The folder holds files already, and assay overwrites no evidence.',
    cure: 'Name a new folder, or remove this one.',
  })
}
