import path from 'node:path'
import { packageRoot } from '../targets/package-root.ts'
import type { Application } from '../targets/target.ts'

const extension = path.extname(import.meta.filename)

/** What every target serves while it is loaded; its routes are those of `LoadProfile.request.path`. */
export const LOAD_APPLICATION: Application = {
  python: {
    directory: path.join(packageRoot(), 'load', 'apps'),
    module: 'load_app',
    attribute: 'app',
  },
  node: {
    file: path.join(import.meta.dirname, 'apps', `load-app${extension}`),
    exportName: 'app',
  },
}
