import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from '../../evidence/errors.ts'
import type { ASGIApplication } from '../asgi/application.ts'
import { importModule } from './import-module.ts'
import { readReference } from './reference.ts'

/**
 * Imports `MODULE:EXPORT`, a path and the name of an exported function: `examples/hello.ts:app`.
 * With `factory` the export is called once and returns the application. UsageError says what is wrong.
 */
export async function loadApplication(
  reference: string,
  factory = false,
): Promise<ASGIApplication> {
  const named = readReference(reference)
  if (named === null) {
    throw new UsageError({
      code: 'serve/reference',
      input: reference,
      rule: 'An application is named as MODULE:EXPORT.',
      cure: 'For example: assay serve examples/hello.ts:app',
    })
  }
  const file = resolve(named.file)
  const { exportName } = named
  if (!existsSync(file)) {
    throw new UsageError({
      code: 'serve/no-module',
      input: file,
      rule: 'There is no such file.',
      cure: 'Give the path of a module from the current folder, with its extension.',
    })
  }
  const exported = (await importOrExplain(file))[exportName]
  if (typeof exported !== 'function') {
    throw new UsageError({
      code: 'serve/no-export',
      input: `${file}:${exportName}`,
      rule: 'The module has no function of that name among its exports.',
      cure: `Write "export const ${exportName}: ASGIApplication = async (scope, receive, send) => ...".`,
    })
  }
  const application = factory ? await made(reference, exported) : exported
  if (typeof application !== 'function') {
    throw new UsageError({
      code: 'serve/factory-result',
      input: `${file}:${exportName}`,
      rule: `The factory returned no application, which is a function, but ${typeof application}.`,
      cure: 'Return the application from it, or leave --factory out where it is the application itself.',
    })
  }
  return (scope, receive, send) => application(scope, receive, send)
}

async function importOrExplain(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await importModule(file)
  } catch (error) {
    throw new UsageError(
      {
        code: 'serve/import',
        input: file,
        rule: `The module cannot be imported: ${messageOf(error)}`,
        cure: 'Import it with node alone to see where it fails.',
      },
      { cause: error },
    )
  }
}

/** What a factory returns, or its promise comes to. */
async function made(reference: string, factory: Function): Promise<unknown> {
  try {
    return await factory()
  } catch (error) {
    throw new UsageError(
      {
        code: 'serve/factory',
        input: reference,
        rule: `The factory raised: ${messageOf(error)}`,
        cure: 'Call it with node alone to see where it fails.',
      },
      { cause: error },
    )
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
