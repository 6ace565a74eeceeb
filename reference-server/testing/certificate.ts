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

/** An authority, one that it signed, and a client that this one signed; all have the same key. */
export const AUTHORITY = `-----BEGIN CERTIFICATE-----
MIIBYTCCAQagAwIBAgIUAgxTLMs7Psy4DJh+BlHwKp918MswCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKYXNzYXkgcm9vdDAgFw0yNjExMjcxMDQwMTZaGA8yMTI2MTEw
MzEwNDAxNlowFTETMBEGA1UEAwwKYXNzYXkgcm9vdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABJxMO9Fs5908ztQChDwjJuolTh1slj/5Ajt2fGgx44vR3cs1CEk6
f5G58YTJLgS++PBIq80xNFGVLPZJk3lABCejMjAwMA8GA1UdEwEB/wQFMAMBAf8w
HQYDVR0OBBYEFCKJr70hUvEkUIrFnCKLZpPsWVSxMAoGCCqGSM49BAMCA0kAMEYC
IQCkMGY8R7ZNmObIasRcOZZ6D7nSXJsBfxyLswPe5+t7JgIhAPUOvG4Orjf5lANK
yKg9TpoUPmswwmElen2JXOm1JJjB
-----END CERTIFICATE-----
`

export const INTERMEDIATE = `-----BEGIN CERTIFICATE-----
MIIBaTCCAQ6gAwIBAgIUUJsfeiY99d1Veim1/H5eLOOelIwwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKYXNzYXkgcm9vdDAgFw0yNjExMjcxMDQwMTZaGA8yMTI2MTEw
MzEwNDAxNlowHTEbMBkGA1UEAwwSYXNzYXkgaW50ZXJtZWRpYXRlMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEnEw70Wzn3TzO1AKEPCMm6iVOHWyWP/kCO3Z8aDHj
i9HdyzUISTp/kbnxhMkuBL748EirzTE0UZUs9kmTeUAEJ6MyMDAwDwYDVR0TAQH/
BAUwAwEB/zAdBgNVHQ4EFgQUIomvvSFS8SRQisWcIotmk+xZVLEwCgYIKoZIzj0E
AwIDSQAwRgIhALQsCB1am9gh5lxop9Fhc0IJSavHO2so1tKtophOdl9HAiEAvmbJ
PhCaeNWVnWGkXjGapGg91rl97t2uNXgHU75BCAI=
-----END CERTIFICATE-----
`

export const CLIENT = `-----BEGIN CERTIFICATE-----
MIIBfDCCASKgAwIBAgIUQUHQwje7TTNouF7zpi13aYdmJt4wCgYIKoZIzj0EAwIw
HTEbMBkGA1UEAwwSYXNzYXkgaW50ZXJtZWRpYXRlMCAXDTI2MTEyNzEwNDAxNloY
DzIxMjYxMTAzMTA0MDE2WjAvMQ4wDAYDVQQKDAVhc3NheTEdMAwGA1UECwwFdGVz
dHMwDQYDVQQDDAZjbGllbnQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAScTDvR
bOfdPM7UAoQ8IybqJU4dbJY/+QI7dnxoMeOL0d3LNQhJOn+RufGEyS4EvvjwSKvN
MTRRlSz2SZN5QAQnoywwKjAJBgNVHRMEAjAAMB0GA1UdDgQWBBQiia+9IVLxJFCK
xZwii2aT7FlUsTAKBggqhkjOPQQDAgNIADBFAiEA09DZNzXeC2GOG+zBhmcjUWR5
N5vLpZKaBhV/TjR2WCICIG4O1z3JtqMD4/zPtEBNL+6WRPP55eJk0VibuHviTVMg
-----END CERTIFICATE-----
`

/** Of a client whose subject has no parts (RFC 5280 §4.1.2.6), signed by itself. */
export const NAMELESS = `-----BEGIN CERTIFICATE-----
MIIBVjCB/aADAgECAhRzN5GC0QU6nl/8T6xMyaYXzW+MhzAKBggqhkjOPQQDAjAA
MCAXDTI2MTEyNzIxMDMyMloYDzIxMjYxMTAzMjEwMzIyWjAAMFkwEwYHKoZIzj0C
AQYIKoZIzj0DAQcDQgAEnEw70Wzn3TzO1AKEPCMm6iVOHWyWP/kCO3Z8aDHji9Hd
yzUISTp/kbnxhMkuBL748EirzTE0UZUs9kmTeUAEJ6NTMFEwHQYDVR0OBBYEFCKJ
r70hUvEkUIrFnCKLZpPsWVSxMB8GA1UdIwQYMBaAFCKJr70hUvEkUIrFnCKLZpPs
WVSxMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgeiKYKb+9KPNN
NF52BFHzwxwSWpFkMxVWz14lfsrepQ4CIQCjHjwfw1K7gvrMZ5wkvHCW8Lb507YV
jWPOVCZUSA2fHA==
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
