import { execFile } from 'node:child_process'
import type { Settings } from '../config/settings.ts'
import type { ServerLog } from '../server/log.ts'

/**
 * Tells systemd of a change of state (sd_notify(3)) where it asked for that. Node.js cannot write to
 * its datagram socket, so systemd's own command does; the unit needs `NotifyAccess=all`.
 */
export function notifySystemd(
  state: 'READY=1' | 'RELOADING=1' | 'STOPPING=1',
  log: ServerLog,
): void {
  if (process.env['NOTIFY_SOCKET'] === undefined) return
  execFile('systemd-notify', [`--pid=${process.pid}`, state], (error) => {
    if (error !== null) log.warn(`systemd was not told ${state}: ${error.message}`)
  })
}

/** The first descriptor that systemd hands over by socket activation (sd_listen_fds(3)). */
const FIRST_DESCRIPTOR = 3

/** The settings with the socket that systemd opened for this process, if it did and none was named. */
export function withActivatedSocket(settings: Settings): Settings {
  const { LISTEN_PID: pid, LISTEN_FDS: count } = process.env
  if (settings.fd !== null || pid !== String(process.pid) || !(Number(count) >= 1)) return settings
  return { ...settings, fd: FIRST_DESCRIPTOR }
}
