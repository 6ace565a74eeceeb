import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'mocha'
import { UsageError } from '../../evidence/errors.ts'
import { freePort } from '../../targets/launch/port.ts'
import { prepareTarget } from '../../targets/prepare.ts'
import { parseTargetSpec } from '../../targets/spec.ts'
import type { PreparedTarget, RunningTarget } from '../../targets/target.ts'
import { PROBE } from '../probe/application.ts'
import { runSuite } from '../suite.ts'
import { controlPlace } from './attach-control.ts'

describe('attach mode', () => {
  let server: RunningTarget
  let attached: PreparedTarget
  let control: string
  let bundle: string

  before(async () => {
    bundle = await mkdtemp(join(tmpdir(), 'assay-attach-'))
    control = `tcp:127.0.0.1:${await freePort('127.0.0.1')}:a-secret`
    const reference = await prepareTarget(
      parseTargetSpec('reference', { serverArgs: [], pins: [] }),
    )
    server = await reference.launch({
      application: PROBE,
      environment: { ASSAY_CONTROL: control },
      lifespan: 'off',
      logFile: join(bundle, 'server.log'),
    })
    const address = `http://${server.host}:${server.port}`
    attached = await prepareTarget(parseTargetSpec(address, { serverArgs: [], pins: [] }))
  })

  after(async () => {
    await server.stop()
  })

  it('holds a server that its user started, and leaves it running', async () => {
    process.env['ASSAY_CONTROL'] = control
    try {
      const evidence = await runSuite({
        target: attached,
        seed: 7,
        runs: 5,
        timeMs: null,
        lanes: 2,
        grep: 'http/send/',
        bundle,
        onEvent: () => undefined,
        signal: new AbortController().signal,
      })
      const verdicts = new Map(evidence.properties.map(({ id, verdict }) => [id, verdict]))
      assert.equal(verdicts.get('http/send/response'), 'PASS')
      assert.equal(verdicts.get('http/send/exception-caught-when-reraised'), 'NOT_APPLICABLE')
      assert.equal(evidence.findings.length, 0)
      const early = await Promise.race([server.exited, Promise.resolve('still running')])
      assert.equal(early, 'still running')
    } finally {
      delete process.env['ASSAY_CONTROL']
    }
  })

  it('names the missing control address and the cure', () => {
    assert.throws(
      () => controlPlace(attached, {}),
      (error) => error instanceof UsageError && error.code === 'attach/no-control',
    )
  })
})
