import { existsSync } from 'node:fs'
import path from 'node:path'

/** Sources that are not compiled (Python, k6 scripts) stay there while compiled code lives in dist/. */
export const PACKAGE_ROOT: string = findUp(import.meta.dirname)

function findUp(directory: string): string {
  if (existsSync(path.join(directory, 'package.json'))) return directory
  const parent = path.dirname(directory)
  if (parent === directory) throw new Error('no package.json above the load harness')
  return findUp(parent)
}
