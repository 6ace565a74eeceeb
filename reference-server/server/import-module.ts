import { pathToFileURL } from 'node:url'

/** The exports of a module; TypeScript goes through tsx where this Node.js cannot load it itself. */
export async function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  const url = pathToFileURL(path).href
  if (/\.[mc]?ts$/.test(path) && !('typescript' in process.features)) {
    const { tsImport } = await import('tsx/esm/api')
    return named(await tsImport(url, import.meta.url))
  }
  return named(await import(url))
}

/** A module of CommonJS that was written as one of ECMAScript keeps its exports below `default`. */
function named(module: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { default: exports } = module
  const isWrapped = typeof exports === 'object' && exports !== null && '__esModule' in exports
  return isWrapped ? { ...exports } : module
}
