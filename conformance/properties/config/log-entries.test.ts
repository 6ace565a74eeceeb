import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { chatterOf, entriesBelow, ordinaryEntries } from './log-entries.ts'

const INFO = [
  'INFO:     Started server process [4711]',
  '[2026-11-24 00:10:02 +0000] [4711] [INFO] Running on http://127.0.0.1:8000 (CTRL + C to quit)',
  '[INFO] Starting the server (main PID: 4711)',
  'Tue, 24 Nov 2026 00:10:02 GMT INFO listening on http://127.0.0.1:8000',
  '\u001b[32mINFO\u001b[0m:     Waiting for application startup.',
]

describe('entries of a log', () => {
  it('are below a graver level, however the server writes them', () => {
    assert.equal(entriesBelow(INFO.join('\n'), 'warning').length, INFO.length)
    assert.equal(entriesBelow('WARNING:  low memory', 'error').length, 1)
  })

  it('are not below their own level', () => {
    assert.deepEqual(entriesBelow(INFO.join('\n'), 'info'), [])
    assert.deepEqual(entriesBelow('ERROR:    no INFO about it', 'error'), [])
  })

  it('that name no level are known again by what they say, not by its numbers', () => {
    const ordinary = ordinaryEntries('listening on port 8000', 'error')
    assert.deepEqual(chatterOf('listening on port 9000\nout of memory', 'error', ordinary), [
      'listening on port 9000',
    ])
  })

  it('are no sentences about settings, which come before there is a log', () => {
    assert.deepEqual(entriesBelow('Warning: h2 is on but there is no TLS.', 'error'), [])
  })

  it('that warn are no chatter', () => {
    const log = 'app.py:7: DeprecationWarning: use the other one'
    assert.deepEqual(chatterOf(log, 'error', ordinaryEntries(log, 'error')), [])
  })
})
