import { type FSWatcher, watch } from 'node:fs'

/** Editors write a file in several steps, and several files at once. */
const SETTLE_MS = 100

/** Calls back after files below the folder changed and nothing more did for a moment. */
export function watchFiles(folder: string, changed: () => void): () => void {
  let timer: NodeJS.Timeout | null = null
  const begin = (): FSWatcher =>
    watch(folder, { recursive: true }, (_event, name) => {
      if (name === null || /(^|\/)(node_modules|\.git)\//.test(name)) return
      if (timer !== null) clearTimeout(timer)
      timer = setTimeout(settled, SETTLE_MS)
    })
  let watcher = begin()
  function settled(): void {
    // Node.js may watch each file by its inode: one that another has taken the place of would change unseen.
    const last = watcher
    watcher = begin()
    last.close()
    changed()
  }
  return () => {
    if (timer !== null) clearTimeout(timer)
    watcher.close()
  }
}
