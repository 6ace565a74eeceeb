/** Servers that a suite must not be fooled by: each does one thing, and none is a gateway to anything. */
export const TRIVIAL_SERVERS = ['mute', 'closer', 'always-400', 'always-200', 'echo'] as const

export type TrivialServer = (typeof TRIVIAL_SERVERS)[number]

export function isTrivialServer(id: string): id is TrivialServer {
  return TRIVIAL_SERVERS.some((known) => known === id)
}
