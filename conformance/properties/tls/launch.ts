import { certificates } from '../../testers/certificates.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { ANY_TLS, type TlsClient } from '../../testers/tls-client.ts'
import type { Trial } from '../../testers/trial.ts'

/**
 * A target that serves over TLS with certificates made for this run. Where clients must be certified,
 * the client that connections use by default is one that the server trusts.
 */
export async function serveTls(
  launcher: Launcher,
  clause: string,
  clients: 'anonymous' | 'certified' = 'anonymous',
): Promise<Iut> {
  const { files, mutual, client } = await certificates()
  const certified = clients === 'certified'
  const tls: TlsClient = certified ? { ...ANY_TLS, identity: client } : ANY_TLS
  const settings = { 'command-line': { tls: certified ? mutual : files } }
  return await launcher.serve(clause, { tls, settings })
}

/** A client whose handshake must fail. */
export async function judgeRefused(trial: Trial, clause: string, client: TlsClient): Promise<void> {
  const channel = await trial.iut.connect(client).catch(() => null)
  trial.check(
    clause,
    channel === null,
    'a handshake that fails',
    () => `${channel?.wire.tls?.getProtocol()} with ${channel?.wire.tls?.getCipher().name}`,
  )
  if (channel !== null) trial.iut.release(channel)
}
