import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { packageRoot } from '../../targets/package-root.ts'
import { prepareTarget } from '../../targets/prepare.ts'
import type { TlsFiles } from '../../targets/settings.ts'
import { parseTargetSpec } from '../../targets/spec.ts'

export type Served = 'hello' | 'echo'

/** A peer that runs. */
export interface RunningPeer {
  readonly port: number
  /** Root of its process tree. */
  readonly pid: number
  stop(): Promise<void>
}

/** Whom the reference server is measured beside. */
export interface Peer {
  readonly name: string
  /** One worker on a free port; with files over TLS. */
  start(served: Served, tls: TlsFiles | null): Promise<RunningPeer>
}

export const REFERENCE: Peer = target('reference', 'reference')
export const CANNED: Peer = { name: 'canned bytes on node:net', start: () => nodePeer(['canned']) }
export const NODE_HTTP: Peer = {
  name: 'node:http',
  start: (served, tls) => nodePeer([served, ...(tls === null ? [] : [tls.key, tls.certificate])]),
}
export const UVICORN: Peer = target('uvicorn 0.29.0[standard]', 'uvicorn@0.29.0')
export const GRANIAN: Peer = target('granian (ASGI, uvloop)', 'granian+uvloop')

/** A server that assay knows how to install and launch. */
function target(name: string, spec: string): Peer {
  const prepared = (): ReturnType<typeof prepareTarget> =>
    prepareTarget(parseTargetSpec(spec, { serverArgs: [], pins: [] }))
  return {
    name,
    async start(served, tls) {
      const running = await (await prepared()).launch({
        application: {
          python: {
            directory: join(packageRoot(), 'scripts', 'bench-server'),
            module: 'peer_app',
            attribute: served,
          },
          node: {
            file: join(packageRoot(), 'dist', 'examples', `${served}.js`),
            exportName: 'app',
          },
        },
        logFile: '/dev/null',
        ...(tls === null ? {} : { settings: { 'command-line': { tls } } }),
      })
      return {
        port: running.port,
        pid: running.pid ?? 0,
        stop: async () => {
          await running.stop(0)
        },
      }
    },
  }
}

async function nodePeer(args: readonly string[]): Promise<RunningPeer> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'node-peer.js'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const port = Number(await firstLine(child))
  return {
    port,
    pid: child.pid ?? 0,
    stop: async () => {
      if (child.exitCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

/** Rejects when the process ends without a word. */
export async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout !== null) {
    for await (const line of createInterface({ input: child.stdout })) return line
  }
  throw new Error('The process ended before it said anything.')
}
