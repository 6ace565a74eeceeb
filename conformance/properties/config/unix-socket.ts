import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Iut, StartOptions } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { inSocketFolder, judgeServerPath } from '../../testers/socket-folder.ts'
import { type PyDict, show } from '../../testers/values.ts'
import { judgeServes, launchWorkers } from '../process/fleet.ts'
import { judgeExit } from '../process/shutdown.ts'
import { type Property, processProperty } from '../property.ts'

const SPARES = 'config/uds-spares-files'

/** Serving without a port. */
export const unixSocket: readonly Property[] = [
  processProperty({
    id: 'config/uds',
    law: 'the server listens on the unix socket it was given, and tells its path as the server of the scope',
    clauses: ['config/uds', 'http/scope/server-unix', 'http/scope/scheme'],
    needs: ['http/1.1', 'config/command-line', 'uds'],
    enough: 2,
    program: fc.record({ name: fc.constantFrom('a.sock', 'with-dash') }),
    async run(launcher, { name }) {
      await inSocketFolder(async (folder) => {
        const uds = join(folder, name)
        judgeScope(launcher, uds, await serveAt(launcher, { uds }))
        if (!launcher.target.has('workers')) return
        await serveAt(launcher, { uds: join(folder, 'workers.sock'), workers: 2 })
      })
    },
  }),
  processProperty({
    id: 'config/uds/stale',
    law: 'the file that a killed server left behind does not keep the next one from the same unix socket',
    clauses: ['config/uds'],
    needs: ['http/1.1', 'config/command-line', 'uds', 'uds/stale-replaced'],
    enough: 1,
    program: fc.constantFrom('stale.sock', 'left.sock'),
    async run(launcher, name) {
      await inSocketFolder(async (folder) => {
        const uds = join(folder, name)
        const left = createServer()
        await new Promise<void>((resolve) => left.listen(uds, resolve))
        // Renamed while it is listened on, the file outlives its socket as that of a killed process does.
        await rename(uds, `${uds}.kept`)
        await new Promise((resolve) => left.close(resolve))
        await rename(`${uds}.kept`, uds)
        await serveAt(launcher, { uds })
      })
    },
  }),
  processProperty({
    id: SPARES,
    law: 'an ordinary file at the path of the unix socket is not removed',
    clauses: [SPARES],
    needs: ['http/1.1', 'config/command-line', 'uds', 'uds/stale-replaced'],
    enough: 1,
    program: fc.constantFrom('notes.txt', 'data.sock'),
    async run(launcher, name) {
      await inSocketFolder(async (folder) => {
        const uds = join(folder, name)
        await writeFile(uds, 'precious')
        const iut = await launcher.start({ uds, waitUntilListening: false })
        iut.expectEnd()
        // Whether it ends or goes on in vain, by then it has tried.
        await Promise.race([iut.running.exited, iut.listens()])
        const kept = await readFile(uds, 'utf8').catch(() => null)
        launcher.check(SPARES, kept === 'precious', 'the file as it was', () => 'none, or another')
      })
    },
  }),
  processProperty({
    id: 'process/start-bind-failure/unix-socket',
    law: 'a unix socket that is listened on ends the start of another server with an exit code other than 0, and stays with the one that has it',
    clauses: ['process/start-bind-failure'],
    needs: ['http/1.1', 'config/command-line', 'uds', 'process', 'documented/uds-in-use'],
    enough: 1,
    program: fc.constantFrom('taken.sock', 'busy.sock'),
    async run(launcher, name) {
      const clause = 'process/start-bind-failure'
      await inSocketFolder(async (folder) => {
        const uds = join(folder, name)
        const holder = await launcher.serve('config/uds', { uds })
        const intruder = await launcher.start({ uds, waitUntilListening: false })
        intruder.expectEnd()
        const exit = await intruder.ended()
        const refused = exit !== null && exit.code !== 0
        launcher.check(clause, refused, 'an exit code other than 0', () =>
          exit === null ? 'it still runs' : 'exit code 0',
        )
        await judgeServes(launcher.trial(holder), clause)
      })
    },
  }),
  processProperty({
    id: 'process/shutdown-exit-code/socket-gone',
    law: 'a shutdown is clean although somebody has removed the unix socket meanwhile',
    clauses: ['process/shutdown-exit-code'],
    needs: ['http/1.1', 'config/command-line', 'uds', 'process', 'process/drains-on-sigterm'],
    enough: 1,
    program: fc.constantFrom('gone.sock', 'other.sock'),
    async run(launcher, name) {
      await inSocketFolder(async (folder) => {
        const uds = join(folder, name)
        const iut = await launcher.serve('config/uds', { uds })
        await rm(uds, { force: true })
        iut.expectEnd()
        iut.signal('SIGTERM')
        const exit = await iut.ended()
        judgeExit(launcher, 'SIGTERM', exit)
      })
    },
  }),
]

/** In which a worker whose application has started listens. */
const LISTENING_MS = 400

/** The last worker to start may take the socket from the others. */
async function launched(
  launcher: Launcher,
  { workers, ...options }: Pick<StartOptions, 'uds' | 'workers'>,
): Promise<Iut> {
  if (workers === undefined) return await launcher.serve('config/uds', options)
  const { iut } = await launchWorkers(launcher, 'config/uds', workers, options)
  await iut.becomes(() => false, LISTENING_MS)
  return iut
}

/** The scope of one exchange over the socket. */
async function serveAt(
  launcher: Launcher,
  options: Pick<StartOptions, 'uds' | 'workers'>,
): Promise<PyDict> {
  const iut = await launched(launcher, options)
  const exchange = await launcher.trial(iut).open(http.post('/', 'over'), { fresh: true })
  const { body } = await exchange.readBody()
  await exchange.respond({ status: 200, body: [body.toString('latin1')] })
  const response = await exchange.response()
  launcher.check(
    'config/uds',
    response?.status === 200 && response.body.equals(body),
    'a response over the unix socket',
    () => String(response?.status),
  )
  return exchange.scope
}

function judgeScope(launcher: Launcher, uds: string, scope: PyDict): void {
  const { server, scheme } = scope
  launcher.check(
    'http/scope/scheme',
    scheme === undefined || scheme === 'http',
    '"http" on a plain connection',
    () => show(scheme),
  )
  if (server === undefined || server === null) return
  judgeServerPath(launcher, 'http/scope/server-unix', scope, uds)
}
