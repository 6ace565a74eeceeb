import fc from 'fast-check'
import { describeRefusal } from '../../testers/attempt.ts'
import { contentOf, type HttpRequest } from '../../testers/request.ts'
import { type Property, processProperty } from '../property.ts'

const CLAUSE = 'http/receive/body-bytes'

/** www.rst, "Request - receive event": content that came before the server looked at its connection. */
export const backloggedBody: Property = processProperty({
  id: 'http/receive/body-bytes/backlog',
  law: 'content that has arrived before the server takes the connection reaches the application whole',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'process'],
  enough: 1,
  program: fc.record({ kib: fc.constantFrom(512, 768) }),
  async run(launcher, { kib }) {
    const iut = await launcher.serve(CLAUSE, {})
    const trial = launcher.trial(iut)
    const body = { framing: 'content-length', content: 'x'.repeat(kib * 1024) } as const
    const request: HttpRequest = { method: 'POST', target: '/', version: '1.1', headers: [], body }
    const pids = [...iut.workers].map(({ pid }) => pid)
    const all = (signal: NodeJS.Signals): void => {
      for (const pid of pids) iut.signal(signal, pid)
    }
    // A server that is held up takes the connection late: the kernel has it, and what was sent on it.
    all('SIGSTOP')
    const channel = await trial.connect()
    const opened = trial.attempt(request, { channel })
    await iut.becomes(() => false, HELD_MS)
    all('SIGCONT')
    const { served, refused } = await opened
    launcher.check(CLAUSE, served !== null, 'the request served', () =>
      refused === null ? '' : describeRefusal(refused),
    )
    if (served === null) return
    const { body: seen, ended } = await served.readBody()
    launcher.check(
      CLAUSE,
      ended === 'complete' && seen.equals(contentOf(body)),
      `${kib} KiB, complete`,
      () => `${seen.length} bytes, ${ended}`,
    )
    await served.respond({ status: 200, body: ['ok'] })
    await served.response()
  },
})

/** In which the kernel has taken what its buffers hold. */
const HELD_MS = 150
