import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder of this package's package.json, from the sources as from what is built of them. */
export function packageRoot(): string {
  let directory = import.meta.dirname
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory)
    if (parent === directory) throw new Error(`No package.json above ${import.meta.dirname}.`)
    directory = parent
  }
  return directory
}
