import { readFileSync, readlinkSync } from 'node:fs'
import type { Server } from 'node:net'

/**
 * The path that an inherited unix socket is bound to. Node.js has no call for it: Linux tells of it here, other systems
 * nowhere. Null where it cannot be told, or where the socket has a name that is no path.
 */
export function pathOfSocket(server: Server): string | null {
  const handle: unknown = Reflect.get(server, '_handle')
  const fd = typeof handle === 'object' && handle !== null && 'fd' in handle ? handle.fd : null
  try {
    const link = readlinkSync(`/proc/self/fd/${String(fd)}`)
    const [, inode = '-'] = /^socket:\[(\d+)\]$/.exec(link) ?? []
    const line = new RegExp(`^(?:\\S+ +){6}${inode} (.+)$`, 'm')
    const [, path = ''] = line.exec(readFileSync('/proc/net/unix', 'utf8')) ?? []
    // That is how abstract names begin there.
    return path === '' || path.startsWith('@') ? null : path
  } catch {
    return null
  }
}
