import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Application } from '../../../targets/target.ts'
import { PROBE } from '../../probe/application.ts'

/** The probe under other names, in a folder of its own. */
export interface TemporaryApplication {
  readonly folder: string
  /** The application itself. */
  readonly plain: Application
  /** A function that returns it. */
  readonly factory: Application
  /** How often the function was called. */
  calls(): Promise<number>
  /** Writes the module anew. */
  readonly change: () => Promise<void>
  /** Puts another file in the place of the module, as many an editor does. */
  readonly replace: () => Promise<void>
  /** Writes a module that cannot be loaded in its place, until it is changed again. */
  spoil(): Promise<void>
  remove(): Promise<void>
}

const MODULE = 'front_door'

/** Runs with one that is removed afterwards. */
export async function withTemporaryApplication(
  run: (made: TemporaryApplication) => Promise<void>,
): Promise<void> {
  const made = await temporaryApplication()
  try {
    await run(made)
  } finally {
    await made.remove()
  }
}

async function temporaryApplication(): Promise<TemporaryApplication> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-app-'))
  const elsewhere = await mkdtemp(join(tmpdir(), 'assay-app-'))
  const calls = join(folder, 'calls.log')
  let revision = 1
  const sources = (): readonly (readonly [file: string, source: string])[] => [
    [join(folder, `${MODULE}.py`), pythonSource(calls, revision)],
    [join(folder, `${MODULE}.mjs`), nodeSource(calls, revision)],
  ]
  const write = async (): Promise<void> => {
    for (const [file, source] of sources()) await writeFile(file, source)
  }
  await write()
  const named = (name: string): Application => ({
    python: { directory: folder, module: MODULE, attribute: name },
    node: { file: join(folder, `${MODULE}.mjs`), exportName: name },
  })
  return {
    folder,
    plain: named('gate'),
    factory: named('make'),
    calls: async () => (await readFile(calls, 'utf8').catch(() => '')).length,
    change: async () => {
      revision += 1
      await write()
    },
    replace: async () => {
      revision += 1
      for (const [file, source] of sources()) {
        // Made elsewhere: another file in the folder would be a change by itself.
        const made = join(elsewhere, basename(file))
        await writeFile(made, source)
        await rename(made, file)
      }
    },
    spoil: async () => {
      await writeFile(join(folder, `${MODULE}.py`), 'raise RuntimeError("half written")\n')
      await writeFile(join(folder, `${MODULE}.mjs`), "throw new Error('half written')\n")
    },
    remove: async () => {
      for (const one of [folder, elsewhere]) await rm(one, { recursive: true, force: true })
    },
  }
}

function pythonSource(calls: string, revision: number): string {
  return `import sys

sys.path.append(${JSON.stringify(PROBE.python.directory)})
from ${PROBE.python.module} import ${PROBE.python.attribute} as gate

REVISION = ${revision}


def make():
    with open(${JSON.stringify(calls)}, "a") as log:
        log.write(".")
    return gate
`
}

function nodeSource(calls: string, revision: number): string {
  return `import { appendFileSync } from 'node:fs'
import { ${PROBE.node.exportName} as gate } from ${JSON.stringify(pathToFileURL(PROBE.node.file).href)}

export { gate }
export const REVISION = ${revision}
export function make() {
  appendFileSync(${JSON.stringify(calls)}, '.')
  return gate
}
`
}
