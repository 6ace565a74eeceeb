import { delimiter, isAbsolute, resolve } from 'node:path'

/** A path is meant from the folder of the file it stands in; a bare name is looked up on PATH. */
export function located(executable: string, folder: string): string {
  return executable.includes('/') && !isAbsolute(executable)
    ? resolve(folder, executable)
    : executable
}

/** Variables of an entry: the folders of PYTHONPATH are meant from that of the file, too. */
export function withPaths(
  variables: Readonly<Record<string, string>>,
  folder: string,
): Readonly<Record<string, string>> {
  const { PYTHONPATH: path } = variables
  if (path === undefined) return variables
  const folders = path.split(delimiter).filter((entry) => entry !== '')
  return { ...variables, PYTHONPATH: folders.map((one) => resolve(folder, one)).join(delimiter) }
}

/** The variables of an entry over our own; its folders of modules come first, and ours stay in reach. */
export function overlaid(
  own: Readonly<Record<string, string>>,
  asked: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const paths = [asked['PYTHONPATH'], own['PYTHONPATH']].filter((path) => path !== undefined)
  return { ...own, ...asked, ...(paths.length === 0 ? {} : { PYTHONPATH: paths.join(delimiter) }) }
}
