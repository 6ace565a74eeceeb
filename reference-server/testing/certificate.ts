import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A self-signed certificate of localhost and its key, which protect nothing but tests. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIByDCCAW+gAwIBAgIUTdPAPOPzMnHOlvS1dzPTaGHswvgwCgYIKoZIzj0EAwIw
KzEVMBMGA1UECgwMYXNzYXksIHRlc3RzMRIwEAYDVQQDDAlsb2NhbGhvc3QwIBcN
MjYxMTI0MDAwMjA4WhgPMjEyNjEwMzEwMDAyMDhaMCsxFTATBgNVBAoMDGFzc2F5
LCB0ZXN0czESMBAGA1UEAwwJbG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEnEw70Wzn3TzO1AKEPCMm6iVOHWyWP/kCO3Z8aDHji9HdyzUISTp/kbnx
hMkuBL748EirzTE0UZUs9kmTeUAEJ6NvMG0wHQYDVR0OBBYEFCKJr70hUvEkUIrF
nCKLZpPsWVSxMB8GA1UdIwQYMBaAFCKJr70hUvEkUIrFnCKLZpPsWVSxMA8GA1Ud
EwEB/wQFMAMBAf8wGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMAoGCCqGSM49
BAMCA0cAMEQCIGUSUkDpIlC3q1XgLZnBL/7D9my7BaHy2Eegdh995Hk0AiB80y2K
fvppmcv6M1WibGqRqQ7FfffuYgHNvwVOIORL/Q==
-----END CERTIFICATE-----
`

/** What it is replaced by, with the same key. */
export const RENEWED_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBxjCCAWugAwIBAgIUbJW6QyWR8gvAFnZgBQxivqjCykAwCgYIKoZIzj0EAwIw
KTEVMBMGA1UECgwMYXNzYXksIHRlc3RzMRAwDgYDVQQDDAdyZW5ld2VkMCAXDTI2
MTEyNTIxMzE0M1oYDzIxMjYxMTAxMjEzMTQzWjApMRUwEwYDVQQKDAxhc3NheSwg
dGVzdHMxEDAOBgNVBAMMB3JlbmV3ZWQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAScTDvRbOfdPM7UAoQ8IybqJU4dbJY/+QI7dnxoMeOL0d3LNQhJOn+RufGEyS4E
vvjwSKvNMTRRlSz2SZN5QAQno28wbTAdBgNVHQ4EFgQUIomvvSFS8SRQisWcIotm
k+xZVLEwHwYDVR0jBBgwFoAUIomvvSFS8SRQisWcIotmk+xZVLEwDwYDVR0TAQH/
BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZIzj0EAwID
SQAwRgIhAOm9+XWJ9YjSjtwCFqt5Na/cR+jJhEta4GV61nioyYzeAiEAyXltO8FP
3VI4/kRba2XogVXwakvXWSAqE1QZp0iXzeY=
-----END CERTIFICATE-----
`

const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgnr8Lh/2sIOYLki0R
Yfsaccg0PK7rq4+xIqjAx0eelvqhRANCAAScTDvRbOfdPM7UAoQ8IybqJU4dbJY/
+QI7dnxoMeOL0d3LNQhJOn+RufGEyS4EvvjwSKvNMTRRlSz2SZN5QAQn
-----END PRIVATE KEY-----
`

/** The key as a file holds it that a password protects. */
export function encryptedKey(passphrase: string): string {
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase } as const
  return createPrivateKey(KEY).export(options).toString()
}

/** Writes both files for the length of `body`. */
export async function withCertificate(
  body: (files: { readonly tlsKey: string; readonly tlsCert: string }) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-'))
  const files = { tlsKey: join(folder, 'key.pem'), tlsCert: join(folder, 'cert.pem') }
  writeFileSync(files.tlsKey, KEY, { mode: 0o600 })
  writeFileSync(files.tlsCert, CERTIFICATE)
  try {
    await body(files)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
