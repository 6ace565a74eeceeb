import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { certificates } from '../../testers/certificates.ts'
import type { Channel } from '../../testers/channel.ts'
import { http } from '../../testers/request.ts'
import { ANY_TLS } from '../../testers/tls-client.ts'
import type { Trial } from '../../testers/trial.ts'
import { type Property, processProperty } from '../property.ts'

const CLAUSE = 'process/sighup-certificates'

/** For servers that are told of a new certificate by a signal. */
export const certificateRenewal: Property = processProperty({
  id: CLAUSE,
  law: 'SIGHUP makes new connections see the certificate that lies in its file by then, and ends no connection',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'process', 'config/command-line', 'tls', 'documented/sighup-certificates'],
  enough: 1,
  program: fc.record({ times: fc.constantFrom(1, 2) }),
  async run(launcher, { times }) {
    const { files, rsa, server } = await certificates()
    const folder = await mkdtemp(join(tmpdir(), 'assay-renewal-'))
    const place = { certificate: join(folder, 'a.pem'), key: join(folder, 'a.key') }
    const put = async (from: typeof place): Promise<void> => {
      await cp(from.certificate, place.certificate)
      await cp(from.key, place.key)
    }
    try {
      await put(files)
      const tls = { ...place, clientAuthority: null }
      const settings = { 'command-line': { tls } }
      const iut = await launcher.serve(CLAUSE, { tls: ANY_TLS, settings })
      const trial = launcher.trial(iut)
      const old = await iut.connect()
      trial.channels.push(old)
      await judgePresented(trial, old, server.raw)
      for (let time = 1; time <= times; time += 1) {
        const next = time % 2 === 1 ? rsa : { files, server }
        await put(next.files)
        iut.running.signal('SIGHUP')
        const renewed = async (): Promise<boolean> => {
          const channel = await iut.connect()
          const seen = channel.wire.tls?.getPeerCertificate().raw
          iut.release(channel)
          return seen?.equals(next.server.raw) === true
        }
        const seen = await iut.becomes(renewed, iut.startPatience)
        trial.check(
          CLAUSE,
          seen,
          `the certificate that was put in place ${time} times`,
          () => 'the old one',
        )
      }
      const { served } = await trial.attempt(http.get('/still-open'), { channel: old })
      trial.check(CLAUSE, served !== null, 'the open connection served', () => 'a close')
      await served?.respond({ status: 204 })
      await served?.response()
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
})

async function judgePresented(trial: Trial, channel: Channel, expected: Buffer): Promise<void> {
  const seen = channel.wire.tls?.getPeerCertificate().raw
  const same = seen?.equals(expected) === true
  trial.check(CLAUSE, same, 'the certificate that was given', () => 'another')
  const exchange = await trial.open(http.get('/'), { channel })
  await exchange.respond({ status: 204 })
  await exchange.response()
}
