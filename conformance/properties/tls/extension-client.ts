import { X509Certificate } from 'node:crypto'
import type { Identity } from '../../testers/certificates.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { type PyDict, type PyValue, show } from '../../testers/values.ts'

/** tls.rst, `client_cert_chain` to `client_cert_error`; `client` is null where none was shown. */
export function judgeClient(
  launcher: Launcher,
  told: PyDict,
  client: Identity | null,
  verified = true,
): void {
  const { client_cert_chain: chain = [], client_cert_name: name, client_cert_error: error } = told
  const silent = error === undefined || error === null
  launcher.check(
    'tls/scope/client-cert-error',
    verified ? silent : typeof error === 'string' && error !== '',
    verified ? 'None' : 'what is wrong with the certificate, as text',
    () => show(error),
  )
  if (client === null) judgeAnonymous(launcher, chain, name)
  else judgeCertified(launcher, chain, name, client)
}

function judgeAnonymous(launcher: Launcher, chain: PyValue, name: PyValue | undefined): void {
  launcher.check(
    'tls/scope/client-cert-chain-empty',
    Array.isArray(chain) && chain.length === 0,
    'an empty iterable',
    () => show(chain),
  )
  launcher.check(
    'tls/scope/client-cert-name-absent',
    name === undefined || name === null,
    'None',
    () => show(name),
  )
}

/** A server that cannot tell leaves the chain empty; one that tells it tells the name too. */
function judgeCertified(
  launcher: Launcher,
  chain: PyValue,
  name: PyValue | undefined,
  client: Identity,
): void {
  const certificates = Array.isArray(chain) ? chain : []
  const [first] = certificates
  launcher.check(
    'tls/scope/client-cert-chain',
    Array.isArray(chain) && certificates.every((pem) => typeof pem === 'string' && isPem(pem)),
    'an iterable of PEM certificates',
    () => show(chain),
  )
  if (typeof first === 'string') {
    launcher.check(
      'tls/scope/client-cert-chain-order',
      isSame(first, client),
      `the certificate of ${client.name} first`,
      () => first,
    )
    const [unsigned] = certificates.flatMap((pem, index) =>
      isSignedBy(pem, certificates[index + 1]) ? [] : [index],
    )
    launcher.check(
      'tls/scope/client-cert-chain-order',
      unsigned === undefined,
      'each certificate signed by the one that follows it',
      () => `number ${(unsigned ?? 0) + 1} of ${certificates.length} is not`,
    )
  }
  const consistent = typeof name === 'string' && plain(name) === plain(client.name)
  for (const clause of [
    'tls/scope/client-cert-name',
    'tls/scope/client-cert-name-with-chain',
    'tls/scope/client-cert-name-consistent',
  ]) {
    const needed = first !== undefined || (name !== undefined && name !== null)
    launcher.check(clause, !needed || consistent, show(client.name), () => show(name))
  }
}

/** Where it is promised that the chain is the one that the client has sent. */
export function judgeWhole(
  launcher: Launcher,
  chain: PyValue | undefined,
  identity: Identity,
): void {
  if (!launcher.target.has('documented/client-certificate-chain')) return
  const sent = identity.certificate.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0
  const told = Array.isArray(chain) ? chain.length : 0
  launcher.check(
    'tls/scope/client-cert-chain',
    told === sent,
    `${sent} certificates, as many as the client has sent`,
    () => `${told}`,
  )
}

function isPem(text: string): boolean {
  return /^-----BEGIN CERTIFICATE-----\s/.test(text)
}

/** True as well where nothing follows, or what does is no certificate: that is judged by itself. */
function isSignedBy(pem: PyValue, issuer: PyValue | undefined): boolean {
  if (typeof pem !== 'string' || typeof issuer !== 'string') return true
  try {
    return new X509Certificate(pem).verify(new X509Certificate(issuer).publicKey)
  } catch {
    return true
  }
}

/** Whether the PEM text is the certificate, whatever its line ends. */
export function isSame(pem: string, identity: Identity): boolean {
  try {
    return isPem(pem) && new X509Certificate(pem).raw.equals(identity.raw)
  } catch {
    return false
  }
}

/** RFC 4514 §2 leaves the case of attribute types free. */
function plain(name: string): string {
  return name.toUpperCase()
}
