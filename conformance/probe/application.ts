import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Application } from '../../targets/target.ts'

/** The folder that holds package.json: probe.py is shipped as it is, beside the built files. */
function packageRoot(): string {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('assay is not inside a package folder')
    folder = parent
  }
  return folder
}

/** The probe, as an application that every kind of target can serve. */
export const PROBE: Application = {
  python: {
    directory: join(packageRoot(), 'conformance', 'probe'),
    module: 'probe',
    attribute: 'app',
  },
  node: {
    file: join(import.meta.dirname, 'probe.js'),
    exportName: 'app',
  },
}
