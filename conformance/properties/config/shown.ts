import fc from 'fast-check'
import { type Property, processProperty } from '../property.ts'

const SHOWN = 'config/shown'

/** What holds after all sources were read is what an auditor asks for. */
export const shown: Property = processProperty({
  id: SHOWN,
  law: 'a server that is asked for its settings tells those that hold, from whichever source, and ends with 0 instead of serving',
  clauses: [SHOWN],
  needs: ['http/1.1', 'config/command-line', SHOWN, 'workers'],
  enough: 1,
  program: fc.record({ workers: fc.constantFrom(3, 5) }),
  async run(launcher, { workers }) {
    const show = true as const
    for (const settings of [
      { 'command-line': { workers, show } as const },
      ...(['environment', 'file'] as const)
        .filter((source) => launcher.target.has(`config/${source}`))
        .map((source) => ({ [source]: { workers }, 'command-line': { show } })),
    ]) {
      const iut = await launcher.start({ settings, waitUntilListening: false })
      iut.expectEnd()
      const exit = await iut.ended()
      launcher.check(SHOWN, exit?.code === 0, 'exit code 0', () =>
        exit === null ? 'the server runs' : `exit ${exit.code ?? exit.signal}`,
      )
      const log = await launcher.log(iut)
      const lines = [
        { told: `workers ${workers}`, line: `^workers\\b.*\\b${workers}\\b` },
        { told: `port ${iut.running.port}`, line: `\\b${iut.running.port}\\b` },
      ]
      for (const { told, line } of lines) {
        launcher.check(SHOWN, new RegExp(line, 'm').test(log), told, () => log.slice(-2000))
      }
    }
  },
})
