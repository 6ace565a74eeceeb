import path from 'node:path'
import type { Application } from '../targets/target.ts'
import { PACKAGE_ROOT } from './package-root.ts'

const extension = path.extname(import.meta.filename)

/** What every target serves while it is loaded; its routes are those of `LoadProfile.request.path`. */
export const LOAD_APPLICATION: Application = {
  python: {
    directory: path.join(PACKAGE_ROOT, 'load', 'apps'),
    module: 'load_app',
    attribute: 'app',
  },
  node: {
    file: path.join(import.meta.dirname, 'apps', `load-app${extension}`),
    exportName: 'app',
  },
}
