import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binary } from '../../testers/exchange.ts'

let folder: string | null = null
let count = 0

/** A file of this content that lives as long as this process; its absolute path. */
export async function fileOf(content: string): Promise<string> {
  if (folder === null) {
    const made = mkdtempSync(join(tmpdir(), 'assay-files-'))
    process.once('exit', () => rmSync(made, { recursive: true, force: true }))
    folder = made
  }
  count += 1
  const path = join(folder, `${count}.bin`)
  await writeFile(path, binary(content))
  return path
}
