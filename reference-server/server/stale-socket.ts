import { lstat, rm } from 'node:fs/promises'
import { connect } from 'node:net'

/** Removes a unix socket that a killed server left behind; one that is listened on, and all else, stays. */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null)
  if (found?.isSocket() !== true || (await isListenedOn(path))) return
  await rm(path)
}

function isListenedOn(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', (error) => {
      resolve(!('code' in error) || error.code !== 'ECONNREFUSED')
    })
  })
}
