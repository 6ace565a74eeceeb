import type { Launcher } from '../../testers/launcher.ts'

/** lifespan.rst: the server should log or print the message: all its lines, each in whatever dress. */
export function judgeLogged(
  launcher: Launcher,
  clause: string,
  message: string,
  log: string,
): void {
  for (const line of message.split('\n').map((one) => one.trim()))
    launcher.check(
      clause,
      log.includes(line),
      `${JSON.stringify(line)} of the message in the log`,
      () => log.slice(-300),
    )
}
