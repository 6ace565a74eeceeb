import { dirname } from 'node:path'

/** What a server sees of our own environment: nothing that could change its behaviour unseen. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'TMP', 'TEMP']

/** The environment of a server's process: inherited basics, then `own`, then `asked`. */
export function serverEnvironment(
  own: Readonly<Record<string, string>>,
  asked: Readonly<Record<string, string>>,
): Record<string, string> {
  const base: Record<string, string> = {}
  for (const name of INHERITED) {
    const value = process.env[name]
    if (value !== undefined) base[name] = value
  }
  return { ...base, ...own, ...asked }
}

/** What makes Python find the application, write its log at once and leave no files behind. */
export function pythonVariables(
  python: string,
  applicationDirectory: string,
): Record<string, string> {
  return {
    PYTHONPATH: applicationDirectory,
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    VIRTUAL_ENV: dirname(dirname(python)),
  }
}
