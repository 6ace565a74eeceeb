import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { http } from '../../testers/request.ts'
import { inSocketFolder } from '../../testers/socket-folder.ts'
import { type Property, processProperty } from '../property.ts'
import { exchangeOf } from './serve-with.ts'

const PID = 'config/pid-file'
const MODE = 'config/uds-permissions'
const BESIDE = 'config/several-addresses'

/** What a server leaves in the file system for others: who it is, and where it is to be found. */
export const files: readonly Property[] = [
  processProperty({
    id: PID,
    law: 'the file that was named holds the number of the process that takes the signals, with workers as without',
    clauses: [PID],
    needs: ['http/1.1', 'process', 'config/command-line', 'process/pid-file'],
    enough: 1,
    program: fc.record({ name: fc.constantFrom('server.pid', 'pid') }),
    async run(launcher, { name }) {
      for (const workers of launcher.target.has('workers') ? [1, 2] : [1]) {
        await inSocketFolder(async (folder) => {
          const pidFile = join(folder, name)
          const iut = await launcher.serve(PID, {
            workers,
            settings: { 'command-line': { pidFile } },
          })
          const held = (await readFile(pidFile, 'utf8').catch(() => 'no file')).trim()
          launcher.check(PID, held === String(iut.running.pid), `${iut.running.pid}`, () => held)
        })
      }
    },
  }),
  processProperty({
    id: MODE,
    law: 'the unix socket has the permissions that were set, with workers as without',
    clauses: [MODE],
    needs: ['http/1.1', 'config/command-line', 'uds', 'uds/permissions'],
    enough: 2,
    program: fc.record({ udsMode: fc.constantFrom(0o700, 0o770) }),
    async run(launcher, { udsMode }) {
      for (const workers of launcher.target.has('workers') ? [1, 2] : [1]) {
        await inSocketFolder(async (folder) => {
          const uds = join(folder, 'kept.sock')
          await launcher.serve(MODE, { uds, workers, settings: { 'command-line': { udsMode } } })
          const seen = (await stat(uds)).mode & 0o777
          launcher.check(MODE, seen === udsMode, udsMode.toString(8), () => seen.toString(8))
        })
      }
    },
  }),
  processProperty({
    id: BESIDE,
    law: 'a server that is given an address and a unix socket serves both',
    clauses: [BESIDE],
    needs: ['http/1.1', 'config/command-line', 'uds', 'uds/beside-port'],
    enough: 1,
    program: fc.record({ path: fc.constantFrom('/', '/both') }),
    async run(launcher, { path }) {
      await inSocketFolder(async (folder) => {
        const alsoUds = join(folder, 'also.sock')
        const iut = await launcher.serve(BESIDE, { settings: { 'command-line': { alsoUds } } })
        const trial = launcher.trial(iut)
        const { response } = await exchangeOf(trial, http.get(path))
        launcher.check(BESIDE, response?.status === 200, 'a response over the address', () =>
          String(response?.status),
        )
        const channel = await trial.connectTo(alsoUds)
        launcher.check(BESIDE, channel !== null, 'a server on the socket as well', () => 'none')
        if (channel === null) return
        const exchange = await trial.open(http.get(path), { channel })
        await exchange.respond({ status: 200, body: ['ok'] })
        const other = await exchange.response(BESIDE)
        launcher.check(BESIDE, other?.status === 200, 'a response over the socket', () =>
          String(other?.status),
        )
      })
    },
  }),
]
