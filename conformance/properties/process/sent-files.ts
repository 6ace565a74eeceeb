import { readdir, readlink } from 'node:fs/promises'
import fc from 'fast-check'
import { startMessage } from '../../testers/exchange.ts'
import { http } from '../../testers/request.ts'
import { offers } from '../extension/announced.ts'
import { fileOf } from '../extension/files.ts'
import { type Property, processProperty } from '../property.ts'

const CLAUSE = 'process/resources-released'
const EXTENSION = 'http.response.pathsend'

/** extensions.rst, "Path Send": the server opens the file, so nobody else can close it. */
export const sentFiles: Property = processProperty({
  id: 'process/resources-released/files',
  law: 'a file that the server opened to send it is closed when its connection has ended',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'process', `extension/${EXTENSION}`],
  enough: 2,
  program: fc.record({ head: fc.boolean(), times: fc.constantFrom(2, 3) }),
  async run(launcher, { head, times }) {
    const iut = await launcher.serve(CLAUSE, {})
    const trial = launcher.trial(iut)
    const path = await fileOf(CONTENT)
    for (let count = 0; count < times; count += 1) {
      // The last client leaves with less than the sockets hold of it.
      const leaves = count === times - 1
      const request = { ...http.get('/'), method: head && !leaves ? 'HEAD' : 'GET' }
      const exchange = await trial.open(request, { fresh: true })
      if (!offers(exchange.scope, EXTENSION)) {
        launcher.judge.notApplicable(CLAUSE, 'the scope does not offer path sends')
        return
      }
      if (leaves) exchange.channel.wire.pauseReading()
      exchange.clientLeft = leaves
      await exchange.send(startMessage({ status: 200, headers: [] }))
      const sending = exchange.app.send({ type: EXTENSION, path })
      if (leaves) await iut.cameWithinQuiet(sending, PERIODS)
      else await iut.returned(sending)
      if (!leaves) {
        await exchange.app.return()
        await exchange.response()
      }
      iut.release(exchange.channel)
      if (!leaves) continue
      await iut.returned(sending)
      await exchange.app.return()
    }
    let open = 0
    const closed = await iut.becomes(async () => {
      const all = await Promise.all([...iut.workers].map(({ pid }) => descriptorsOf(pid, path)))
      open = all.reduce((sum, one) => sum + one, 0)
      return open === 0
    }, RELEASE_MS)
    launcher.check(CLAUSE, closed, 'no descriptor of the file', () => `${open} of them`)
  },
})

/** More than what the sockets of both sides hold. */
const CONTENT = 'c'.repeat(2 ** 24)

/** Quiet periods after which a send() is held to be waiting, or never to. */
const PERIODS = 2

/** In which a server lets go of what ended connections have left. */
const RELEASE_MS = 6000

/** How many descriptors of this file a process holds; none where the system does not tell. */
async function descriptorsOf(pid: number, path: string): Promise<number> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder).catch(() => [])
  const links = await Promise.all(
    names.map((name) => readlink(`${folder}/${name}`).catch(() => '')),
  )
  return links.filter((link) => link === path).length
}
