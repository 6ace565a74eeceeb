import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, it } from 'mocha'
import { daphne } from './daphne.ts'
import { findPython } from './python/interpreter.ts'
import { wrapped } from './wrapper.ts'

/** Calls what is served in the place of `echo:app` as ASGI 2 does. */
const CALLS = `
import asyncio, sys, types

async def app(scope, receive, send):
    await send(scope["type"] + " " + await receive())

async def receive():
    return "event"

async def send(message):
    print(message)

sys.modules["echo"] = types.ModuleType("echo")
sys.modules["echo"].app = app
import assay_wrapped
asyncio.run(assay_wrapped.app(scope={"type": "http"})(receive=receive, send=send))
`

describe('the wrapper for servers of ASGI 2', () => {
  it('is for daphne before 2.3.0', () => {
    assert.equal(daphne.wrapper?.({}, '2.3.0'), null)
    assert.notEqual(daphne.wrapper?.({}, '2.2.5'), null)
  })

  it('serves an application of ASGI 3 in two calls', async function () {
    const { executable } = await findPython().catch(() => this.skip())
    const wrapper = daphne.wrapper?.({}, '2.2.5')
    assert.ok(wrapper)
    const { variables } = wrapped('echo:app', wrapper, {})
    const { stdout } = await promisify(execFile)(executable, ['-c', CALLS], { env: variables })
    assert.equal(stdout.trim(), 'http event')
  })
})
