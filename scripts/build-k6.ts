#!/usr/bin/env node
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { AssayError, InfrastructureError } from '../evidence/errors.ts'
import { builtK6, inspectK6 } from '../load/engines/find-k6.ts'

/** `npm run build:k6`: k6 from its Go module, into assay's cache folder. */
const VERSION = '1.8.1'
/** From 1.21 on, Go fetches the newer toolchain that a module's go.mod asks for. */
const LEAST_GO = [1, 21] as const

async function main(): Promise<void> {
  const file = builtK6()
  const present = await inspectK6(file)
  if ('version' in present && present.version === VERSION) {
    console.log(`k6 ${VERSION} is there already: ${file}`)
    return
  }
  await checkGo()
  console.log(`Building k6 ${VERSION}; this takes a minute or two.`)
  await mkdir(path.dirname(file), { recursive: true })
  await install(path.dirname(file))
  const built = await inspectK6(file)
  if ('reason' in built) throw complaint('k6/does-not-run', file, built.reason)
  console.log(`Built k6 ${built.version}: ${file}`)
}

async function checkGo(): Promise<void> {
  const output = await promisify(execFile)('go', ['env', 'GOVERSION']).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  )
  if (output === null) throw complaint('k6/no-go', 'go', 'is not on PATH, and k6 is built by it.')
  const [major = 0, minor = 0] = output.replace(/^go/, '').split('.').map(Number)
  const [needMajor, needMinor] = LEAST_GO
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return
  const rule = `is too old: k6 ${VERSION} needs Go ${LEAST_GO.join('.')}.`
  throw complaint('k6/old-go', output, rule)
}

async function install(folder: string): Promise<void> {
  const child = spawn('go', ['install', `go.k6.io/k6@v${VERSION}`], {
    env: { ...process.env, GOBIN: folder },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await once(child, 'close')
  if (child.exitCode === 0) return
  const rule = `ended with exit code ${child.exitCode}; its own message is above.`
  throw complaint('k6/build-failed', `go install go.k6.io/k6@v${VERSION}`, rule)
}

function complaint(code: string, input: string, rule: string): InfrastructureError {
  const cure = `Install Go ${LEAST_GO.join('.')} or later with access to a Go module proxy, or put k6 0.57 or later on PATH.`
  return new InfrastructureError({ code, input, rule, cure })
}

try {
  await main()
} catch (error) {
  if (!(error instanceof AssayError)) throw error
  console.error(error.message)
  process.exitCode = error.exitCode
}
