import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where pyenv and uv keep the Pythons that they install; few of those are on PATH. */
const HOMES: readonly ((environment: NodeJS.ProcessEnv) => string)[] = [
  ({ PYENV_ROOT }) => join(PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions'),
  ({ UV_PYTHON_INSTALL_DIR, XDG_DATA_HOME }) =>
    UV_PYTHON_INSTALL_DIR ??
    join(XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'uv', 'python'),
]

/** Executables of every Python 3.`minor` in the folders of version managers. */
export function managedPythons(minor: number, environment: NodeJS.ProcessEnv): readonly string[] {
  return HOMES.flatMap((home) => {
    const folder = home(environment)
    return foldersIn(folder)
      .filter((name) => new RegExp(`^(cpython-)?3\\.${minor}\\.\\d+(-|$)`).test(name))
      .map((name) => join(folder, name, 'bin', 'python3'))
  })
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
