import fc from 'fast-check'
import { certificates } from '../../testers/certificates.ts'
import type { Channel } from '../../testers/channel.ts'
import { clientHello } from '../../testers/client-hello.ts'
import { ANY_TLS } from '../../testers/tls-client.ts'
import type { Trial } from '../../testers/trial.ts'
import { type Property, processProperty } from '../property.ts'
import { octetByOctet, SHORT_SECONDS, serveWith, whileTrickling } from './serve-with.ts'
import { judgeTimeOut } from './timeouts.ts'

const CLAUSE = 'config/timeout-header-read'

/** For servers whose manual says that what comes before a head counts, too: the silence of a client, and its handshake. */
export const silentClients: Property = processProperty({
  id: `${CLAUSE}/silent`,
  law: 'a client that says nothing is dropped after the time-out of heads; over TLS also one that goes no further in its handshake, or says nothing behind it',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'config/command-line', 'timeout/header-read', 'timeout/handshake', 'tls'],
  enough: 1,
  program: fc.record({ hello: fc.constantFrom(1, 5, 40) }),
  async run(launcher, { hello }) {
    const settings = { timeoutHeader: SHORT_SECONDS }
    const plain = await serveWith(launcher, CLAUSE, settings)
    await judgeDropped(plain, [await plain.connect()])
    const { files } = await certificates()
    const secure = await serveWith(launcher, CLAUSE, { ...settings, tls: files }, { tls: ANY_TLS })
    const clear = async (): Promise<Channel> => {
      const channel = await secure.iut.connect(null)
      secure.channels.push(channel)
      return channel
    }
    const started = performance.now()
    const begun = await clear()
    const bytes = clientHello('TLS 1.1')
    begun.wire.write(bytes.subarray(0, hello))
    await whileTrickling(octetByOctet(begun.wire, bytes.subarray(hello)), async () => {
      const behind = [await secure.connect()]
      if (launcher.target.has('http/2')) behind.push(await secure.connectHttp2())
      await judgeDropped(secure, [await clear(), begun, ...behind], started)
    })
  },
})

async function judgeDropped(
  trial: Trial,
  channels: readonly Channel[],
  started: number = performance.now(),
): Promise<void> {
  await Promise.all(channels.map(({ wire }) => judgeTimeOut(trial, wire, CLAUSE, started)))
}
