import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, it } from 'mocha'
import { certificates } from './certificates.ts'

describe('certificates made at run time', () => {
  it('are valid now, and each belongs to its key', async () => {
    const { server, client, stranger } = await certificates()
    for (const { certificate, key, raw } of [server, client, stranger]) {
      const parsed = new X509Certificate(certificate)
      assert.ok(Date.parse(parsed.validFrom) < Date.now())
      assert.ok(Date.now() < Date.parse(parsed.validTo))
      assert.ok(parsed.checkPrivateKey(createPrivateKey(key)))
      assert.deepEqual(parsed.raw, raw)
    }
  })

  it('lead to the authority that servers are told to trust, but for the stranger', async () => {
    const { server, client, stranger, mutual } = await certificates()
    const authority = new X509Certificate(readFileSync(mutual.clientAuthority ?? ''))
    for (const { certificate } of [server, client])
      assert.ok(new X509Certificate(certificate).verify(authority.publicKey))
    assert.ok(!new X509Certificate(stranger.certificate).verify(authority.publicKey))
  })
})
