import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import type { ServerDescriptor } from './descriptor.ts'
import { hypercorn } from './hypercorn.ts'
import { reference } from './reference.ts'
import { bindAddress, commandLine, flag, writeSettings } from './settings.ts'
import { uvicorn } from './uvicorn.ts'

describe('settings', () => {
  it('that are flags are written as they are meant, and not at all when nothing is asked', () => {
    assert.deepEqual(commandLine(flag('date-header', true)), ['--date-header'])
    assert.deepEqual(commandLine(flag('date-header', false)), ['--no-date-header'])
    assert.deepEqual(flag('date-header', undefined), [])
  })

  it('name an inherited socket as an address of its own kind', () => {
    assert.equal(bindAddress({ fd: 3 }), 'fd://3')
    assert.equal(bindAddress({ host: '::1', port: 80 }), '[::1]:80')
    assert.equal(bindAddress({ uds: '/run/a.sock' }), 'unix:/run/a.sock')
  })

  it('without an option of their own go to the file, wherever they were asked to stand', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'assay-settings-'))
    try {
      const asked = { 'command-line': { serverHeader: false, timeoutKeepAlive: 1 } }
      const written = writeSettings('hypercorn', hypercorn.settings, asked, join(folder, 'log'))
      const [option, path = '', ...rest] = written.args
      assert.equal(option, '--config')
      assert.equal(await readFile(path, 'utf8'), 'include_server_header = false\n')
      assert.deepEqual(rest, ['--keep-alive', '1'])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('that repeat are given once for each value', () => {
    const asked = { defaultHeaders: [['a', '1'] as const, ['b', '2'] as const] }
    const told = ({ settings }: ServerDescriptor): readonly string[] =>
      commandLine(settings.terms(asked))
    assert.deepEqual(told(reference), ['--header', 'a: 1', '--header', 'b: 2'])
    assert.deepEqual(told(uvicorn), ['--header', 'a:1', '--header', 'b:2'])
  })
})
