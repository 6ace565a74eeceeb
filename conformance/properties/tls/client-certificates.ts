import fc from 'fast-check'
import { Http2Client } from '../../http2/client.ts'
import { ask } from '../../http2/open.ts'
import { h2 } from '../../http2/request.ts'
import { certificates } from '../../testers/certificates.ts'
import { MARKER } from '../../testers/channel.ts'
import { http, serialize } from '../../testers/request.ts'
import { ANY_TLS, type TlsClient } from '../../testers/tls-client.ts'
import type { Trial } from '../../testers/trial.ts'
import { type Property, processProperty } from '../property.ts'
import { serveTls } from './launch.ts'

/** Clients that must show who they are. */
export const clientCertificates: Property = processProperty({
  id: 'config/tls-client-certificate-required',
  law: 'where client certificates are required, only a client with one that is trusted is served, also behind one that has a certificate without a name',
  clauses: ['config/tls-client-certificate-required', 'config/tls-client-certificate-trusted'],
  needs: ['http/1.1', 'config/command-line', 'tls', 'tls/client-certificates'],
  enough: 1,
  program: fc.record({ path: fc.constantFrom('/', '/private') }),
  async run(launcher, { path }) {
    const { stranger, nameless } = await certificates()
    const iut = await serveTls(launcher, 'config/tls-client-certificate-required', 'certified')
    const trial = launcher.trial(iut)
    await judgeShutOut(trial, path, ANY_TLS, 'config/tls-client-certificate-required')
    if (launcher.target.has('http/2')) await judgeShutOutOverHttp2(trial, path)
    const disguised = { ...ANY_TLS, identity: stranger }
    await judgeShutOut(trial, path, disguised, 'config/tls-client-certificate-trusted')
    await visitAs(trial, path, { ...ANY_TLS, identity: nameless })
    const exchange = await trial.open(http.get(path), { fresh: true })
    await exchange.respond({ status: 204 })
    const response = await exchange.response()
    launcher.check(
      'config/tls-client-certificate-trusted',
      response?.status === 204,
      'the trusted client served',
      () => String(response?.status),
    )
  },
})

/** In TLS 1.3 the client's handshake is over before the server has seen the certificate: so it may write. */
export async function judgeShutOut(
  trial: Trial,
  path: string,
  client: TlsClient,
  clause: string,
): Promise<void> {
  const channel = await trial.iut.connect(client).catch(() => null)
  if (channel === null) {
    trial.check(clause, true, 'no service', () => '')
    return
  }
  trial.channels.push(channel)
  channel.wire.reader.expect('GET')
  channel.wire.write(serialize(http.get(path, [[MARKER, channel.id]])))
  const served = await trial.iut.cameWithinQuiet(channel.scope(), PERIODS)
  trial.check(clause, !served, 'no service', () => 'the request reached the application')
}

/** The same for one that has chosen HTTP/2 by ALPN; where it was not chosen, there is nothing to try. */
async function judgeShutOutOverHttp2(trial: Trial, path: string): Promise<void> {
  const { iut } = trial
  const channel = await iut.connect({ ...ANY_TLS, protocols: ['h2'] }).catch(() => null)
  if (channel === null) return
  trial.channels.push(channel)
  if (channel.wire.tls?.alpnProtocol !== 'h2') return
  const client = new Http2Client(channel)
  client.greet()
  const { arrived } = ask(trial, client, h2.get(path))
  const served = await iut.cameWithinQuiet(arrived, PERIODS)
  const clause = 'config/tls-client-certificate-required'
  trial.check(
    clause,
    !served,
    'no service over HTTP/2',
    () => 'the request reached the application',
  )
}

/** A client that a server may serve or refuse; that it goes on is judged by the next. */
async function visitAs(trial: Trial, path: string, client: TlsClient): Promise<void> {
  const channel = await trial.iut.connect(client).catch(() => null)
  if (channel === null) return
  channel.wire.reader.expect('GET')
  channel.wire.write(serialize(http.get(path, [[MARKER, channel.id]])))
  const scope = channel.scope()
  const served = await trial.iut.cameWithinQuiet(scope, PERIODS)
  if (served) await (await scope).return()
  trial.iut.release(channel)
}

/** Quiet periods in which a server that lets everybody in would have served the request. */
const PERIODS = 10
