import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { InfrastructureError } from '../evidence/errors.ts'

const Manifest = z.object({
  name: z.string(),
  version: z.string(),
})

/**
 * Folder of assay's own package.json: sources and built code alike lie below it.
 * @throws InfrastructureError where there is none any more.
 */
export function packageRoot(from: string = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder)) {
      throw new InfrastructureError({
        code: 'package/removed',
        input: from,
        rule: 'The package of assay must stay where it is while it runs.',
        cure: 'Install it again, and start the command anew.',
      })
    }
  }
}

/** Name and version of assay itself. */
export function packageIdentity(): { readonly name: string; readonly version: string } {
  const { name, version } = manifest(packageRoot())
  return { name, version }
}

/** Exact versions of these packages, as they are installed. */
export function installedVersions(
  names: readonly string[],
): readonly { name: string; version: string }[] {
  const root = packageRoot()
  return names
    .map((name) => ({ name, version: installedVersion(root, name) }))
    .filter(({ version }) => version !== '')
}

/** Looked for as Node.js does: in `node_modules` here, then in every folder above (hoisting). */
function installedVersion(from: string, name: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, 'node_modules', name, 'package.json')
    if (existsSync(file)) return z.object({ version: z.string() }).parse(readJson(file)).version
    if (folder === dirname(folder)) return ''
  }
}

function manifest(root: string): z.infer<typeof Manifest> {
  return Manifest.parse(readJson(join(root, 'package.json')))
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}
