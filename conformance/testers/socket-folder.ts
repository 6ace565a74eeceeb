import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Launcher } from './launcher.ts'
import { claimedVersion, claims } from './spec-version.ts'
import { type PyDict, show } from './values.ts'

/** A folder for unix sockets; the path of one has at most 107 bytes, so that a bundle may be too deep for it. */
export async function socketFolder(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-'))
  return { folder, remove: async () => await rm(folder, { recursive: true, force: true }) }
}

/** Such a folder, which is there while `action` runs. */
export async function inSocketFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const { folder, remove } = await socketFolder()
  try {
    await action(folder)
  } finally {
    await remove()
  }
}

/** www.rst, connection scopes: `server` is the path of the unix socket and None; before 2.2 the second was an int. */
export function judgeServerPath(
  launcher: Launcher,
  clause: string,
  scope: PyDict,
  uds: string,
): void {
  if (!claims(scope, '2.2')) {
    const reason = `the scope claims spec_version ${claimedVersion(scope)}`
    launcher.judge.notApplicable(clause, reason)
    return
  }
  const { server } = scope
  const told = Array.isArray(server) && server[0] === uds && server[1] === null
  launcher.check(clause, told, `[${show(uds)}, None]`, () => show(server))
}
