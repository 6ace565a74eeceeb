import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../targets/package-root.ts'
import { clausesDocument } from './document.ts'

writeFileSync(join(packageRoot(), 'docs', 'clauses.md'), clausesDocument())
