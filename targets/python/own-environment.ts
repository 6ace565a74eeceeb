import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { z } from 'zod'
import { InfrastructureError } from '../../evidence/errors.ts'
import type { Distribution } from './cache.ts'
import { normalize } from './pip.ts'

const run = promisify(execFile)

/** An environment that its user made and keeps. */
export interface OwnEnvironment {
  /** Of the distribution that was asked for. */
  readonly version: string
  /** All packages but that one. */
  readonly dependencies: readonly Distribution[]
  /** `CPython 3.11.7` */
  readonly runtime: string
}

const QUESTION = `
import json, platform
from importlib.metadata import distributions
print(json.dumps({
    'runtime': platform.python_implementation() + ' ' + platform.python_version(),
    'distributions': [{'name': one.metadata['Name'], 'version': one.version} for one in distributions()],
}))
`

const Answer = z.object({
  runtime: z.string(),
  distributions: z.array(z.object({ name: z.string(), version: z.string() })),
})

/**
 * Asks the Python what it holds.
 * @throws InfrastructureError `python/not-usable` or `python/without-server`.
 */
export async function readEnvironment(
  python: string,
  distribution: string,
): Promise<OwnEnvironment> {
  const { runtime, distributions } = await ask(python)
  const named = distributions.map(({ name, version }) => ({ name: normalize(name), version }))
  const own = named.find(({ name }) => name === normalize(distribution))
  if (own === undefined) {
    throw new InfrastructureError({
      code: 'python/without-server',
      input: python,
      rule: `It holds no distribution named "${distribution}".`,
      cure: `Install yours into it: ${python} -m pip install --editable FOLDER.`,
    })
  }
  const others = named.filter(({ name }) => name !== own.name)
  return {
    version: own.version,
    dependencies: others.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    runtime,
  }
}

async function ask(python: string): Promise<z.infer<typeof Answer>> {
  try {
    const { stdout } = await run(python, ['-c', QUESTION], { timeout: 10_000 })
    return Answer.parse(JSON.parse(stdout))
  } catch {
    throw new InfrastructureError({
      code: 'python/not-usable',
      input: python,
      rule: 'It could not be run, or is no Python.',
      cure: 'Give the path of the python of an environment: .venv/bin/python.',
    })
  }
}
