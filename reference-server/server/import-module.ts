import { pathToFileURL } from 'node:url'

/** The exports of a module; TypeScript goes through tsx where this Node.js cannot load it itself. */
export async function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  const url = pathToFileURL(path).href
  if (/\.[mc]?ts$/.test(path) && !('typescript' in process.features)) {
    const { tsImport } = await import('tsx/esm/api')
    return await tsImport(url, import.meta.url)
  }
  return await import(url)
}
