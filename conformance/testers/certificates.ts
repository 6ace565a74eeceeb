import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Set as DerSet, Integer, OctetString, Sequence, Utf8String } from 'asn1js'
import {
  AttributeTypeAndValue,
  BasicConstraints,
  Certificate,
  Extension,
  GeneralName,
  GeneralNames,
  RelativeDistinguishedNames,
} from 'pkijs'
import type { TlsFiles } from '../../targets/settings.ts'

/** One end of a TLS connection. */
export interface Identity {
  /** PEM */
  readonly certificate: string
  /** PEM, PKCS#8 */
  readonly key: string
  /** DER */
  readonly raw: Buffer
  /** The distinguished name after RFC 4514. */
  readonly name: string
}

/** Certificates that live as long as this process: no key is stored, none expires in a repository. */
export interface Certificates {
  readonly server: Identity
  /** Signed by the authority that the server trusts. */
  readonly client: Identity
  /** Signed by one of two, each signed by the next, the last by the authority: they follow in its PEM text. */
  readonly chained: Identity
  /** Signed by the same, for a subject without a name (RFC 5280 §4.1.2.6). */
  readonly nameless: Identity
  /** Signed by nobody that the server trusts. */
  readonly stranger: Identity
  /** Paths for a server that asks clients for nothing. */
  readonly files: TlsFiles
  /** Paths for a server that wants a certificate of every client. */
  readonly mutual: TlsFiles
  /** Paths for a server that asks clients for a certificate, and serves them whatever they show. */
  readonly lenient: TlsFiles
  /** The same server with an encrypted key, and its password. */
  readonly locked: TlsFiles
  /** Another one, whose key is of RSA. */
  readonly rsa: { readonly server: Identity; readonly files: TlsFiles }
}

let made: Promise<Certificates> | null = null

/** Made once, when a property first needs them. */
export function certificates(): Promise<Certificates> {
  made ??= make()
  return made
}

async function make(): Promise<Certificates> {
  const authority = await issue('authority', null, CURVE, true)
  const server = await issue('server', authority)
  const client = await issue('client', authority)
  const nameless = await issue('', authority)
  const stranger = await issue('stranger', null, CURVE, true)
  const middle = await issue('middle', authority, CURVE, true)
  const inner = await issue('inner', middle, CURVE, true)
  const last = await issue('last', inner)
  const chain = [last, inner, middle].map(({ certificate }) => certificate)
  const chained = { ...last, certificate: chain.join('') }
  const withRsa = await issue('rsa', authority, RSA)
  const folder = mkdtempSync(join(tmpdir(), 'assay-tls-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const store = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  const files: TlsFiles = {
    certificate: store('server.pem', server.certificate),
    key: store('server.key', server.key),
    clientAuthority: null,
  }
  const mutual = { ...files, clientAuthority: store('authority.pem', authority.certificate) }
  const lenient = { ...mutual, clientsOptional: true }
  const rsa = {
    server: withRsa,
    files: {
      certificate: store('rsa.pem', withRsa.certificate),
      key: store('rsa.key', withRsa.key),
      clientAuthority: null,
    },
  }
  const locked = {
    ...files,
    key: store('locked.key', encrypted(server.key, PASSWORD)),
    keyPassword: PASSWORD,
  }
  return { server, client, chained, nameless, stranger, files, mutual, lenient, locked, rsa }
}

const PASSWORD = 'open-sesame'

function encrypted(key: string, passphrase: string): string {
  const written = createPrivateKey(key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase,
  })
  return String(written)
}

interface Issued extends Identity {
  readonly subject: Certificate
  readonly signingKey: webcrypto.CryptoKey
}

/** Short enough that no forgotten key matters, long enough for any run. */
const DAY = 86_400_000
const CURVE = { name: 'ECDSA', namedCurve: 'P-256' }
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
}

/** A certificate for the loopback address, signed by `issuer`, or by itself; without a role its subject is empty. */
async function issue(
  role: string,
  issuer: Issued | null,
  algorithm: typeof CURVE | typeof RSA = CURVE,
  signs = false,
): Promise<Issued> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const subject = new Certificate()
  subject.version = 2
  // RFC 5280 §4.1.2.2: positive, at most 20 octets.
  subject.serialNumber = new Integer({ valueHex: Buffer.from([1, ...randomBytes(15)]) })
  subject.notBefore.value = new Date(Date.now() - DAY)
  subject.notAfter.value = new Date(Date.now() + DAY)
  const named = role !== ''
  subject.subject = named
    ? distinguishedName(attribute('2.5.4.10', 'assay'), attribute('2.5.4.3', role))
    : distinguishedName()
  subject.issuer = (issuer?.subject ?? subject).subject
  // RFC 5280 §4.2.1.6: without another name, this one is critical.
  subject.extensions = extensions(signs, !named)
  await subject.subjectPublicKeyInfo.importKey(keys.publicKey)
  await subject.sign(issuer?.signingKey ?? keys.privateKey, 'SHA-256')
  const raw = Buffer.from(subject.toSchema(true).toBER(false))
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  return {
    certificate: new X509Certificate(raw).toString(),
    key: `-----BEGIN PRIVATE KEY-----\n${key.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
    raw,
    name: named ? `CN=${role},O=assay` : '',
    subject,
    signingKey: keys.privateKey,
  }
}

/** One attribute in each relative name; the library by itself would put all of them into one. */
function distinguishedName(
  ...attributes: readonly AttributeTypeAndValue[]
): RelativeDistinguishedNames {
  const names = attributes.map((one) => new DerSet({ value: [one.toSchema()] }))
  return new RelativeDistinguishedNames({
    valueBeforeDecode: new Sequence({ value: names }).toBER(false),
  })
}

function attribute(type: string, value: string): AttributeTypeAndValue {
  return new AttributeTypeAndValue({ type, value: new Utf8String({ value }) })
}

function extensions(authority: boolean, onlyName: boolean): Extension[] {
  const constraints = new BasicConstraints({ cA: authority })
  const loopback = new OctetString({ valueHex: Uint8Array.of(127, 0, 0, 1) })
  const names = new GeneralNames({
    names: [
      new GeneralName({ type: 2, value: 'localhost' }),
      new GeneralName({ type: 7, value: loopback }),
    ],
  })
  return [
    extension('2.5.29.19', constraints.toSchema().toBER(false), true),
    extension('2.5.29.17', names.toSchema().toBER(false), onlyName),
  ]
}

function extension(extnID: string, value: ArrayBuffer, critical: boolean): Extension {
  return new Extension({ extnID, critical, extnValue: value })
}
