import { join } from 'node:path'
import { launchServer } from '../../../targets/launch/launch.ts'
import { freePort } from '../../../targets/launch/port.ts'
import type { PreparedTarget } from '../../../targets/target.ts'
import type { TrivialServer } from './trivial-servers.ts'

const SERVER = join(import.meta.dirname, 'server.js')
const START_TIMEOUT = 10_000

/** A trivial server as a target that claims everything the given one can do. */
export function trivialTarget(id: TrivialServer, like: PreparedTarget): PreparedTarget {
  return {
    identity: {
      spec: id,
      name: id,
      version: '0',
      purl: null,
      flavours: [],
      args: [],
      capabilities: like.identity.capabilities,
      dependencies: [],
      runtime: like.identity.runtime,
      attached: false,
    },
    has: (capability) => like.has(capability),
    launch: async ({ environment, logFile, waitUntilListening, startTimeoutMs }) => {
      const host = '127.0.0.1'
      const port = await freePort(host)
      return await launchServer({
        label: id,
        executable: process.execPath,
        args: [SERVER, id, host, String(port)],
        environment: { ...environment },
        directory: import.meta.dirname,
        host,
        port,
        uds: null,
        advice: '',
        logFile,
        startTimeoutMs: startTimeoutMs ?? START_TIMEOUT,
        waitUntilListening: waitUntilListening ?? true,
      })
    },
  }
}
