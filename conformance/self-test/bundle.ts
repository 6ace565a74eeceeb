import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import type { Application } from '../../targets/target.ts'
import { PROBE } from '../probe/application.ts'
import { MUTANT_MODULES } from './mutants/registry.ts'

/** The reference server and its defects in a few files, which start in half the time of some two hundred. */
export interface Bundle {
  /** The program of the server. */
  readonly program: string
  /** The probe behind a defect, as the server takes it. */
  readonly application: Application
  remove(): Promise<void>
}

const DIST = join(import.meta.dirname, '..', '..')

/** Writes them to a folder of their own. */
export async function bundleSabotage(): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-sabotage-'))
  const modules = MUTANT_MODULES.map((name) => `mutants/${name}`)
  await build({
    entryPoints: {
      main: join(DIST, 'reference-server', 'main.js'),
      'mutant-app': join(import.meta.dirname, 'mutant-app.js'),
      ...Object.fromEntries(modules.map((path) => [path, join(import.meta.dirname, `${path}.js`)])),
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    banner: { js: REQUIRE },
    plugins: [READERS_STAY],
    logLevel: 'silent',
  })
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  return {
    program: join(folder, 'main.js'),
    application: { ...PROBE, node: { file: join(folder, 'mutant-app.js'), exportName: 'app' } },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** The packages in it that are CommonJS ask for what comes with Node.js by `require`. */
const REQUIRE = `import { createRequire as requireOf } from 'node:module'
const require = requireOf(import.meta.url)`

/**
 * What reads a file of its format is loaded when there is one, from where it is installed: some find files of
 * their own by their paths, and the exports of some would have other names in a bundle.
 */
const READERS_STAY: Plugin = {
  name: 'readers-stay',
  setup: (bundling) => {
    bundling.onResolve({ filter: /^[^./]/ }, ({ kind, path }) =>
      kind === 'dynamic-import' && !path.startsWith('node:')
        ? { path: import.meta.resolve(path), external: true }
        : null,
    )
  },
}
