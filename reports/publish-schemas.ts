import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from './package-root.ts'
import { PUBLISHED_SCHEMAS } from './published-schemas.ts'

/** `npm run schemas`: writes what `schemas/` should hold; a test compares. */
const directory = join(packageRoot(), 'schemas')
await mkdir(directory, { recursive: true })
for (const schema of PUBLISHED_SCHEMAS) {
  await writeFile(join(directory, schema.fileName), schema.render())
}
