import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, it } from 'mocha'
import { apart } from './apart.ts'
import type { ASGIApplication } from './application.ts'
import type { Scope } from './scope.ts'

const storage = new AsyncLocalStorage<string>()

/** Tells what is in the storage, enters what the path says, and waits for one message. */
function notebook(seen: (string | undefined)[]): ASGIApplication {
  return async (scope, receive) => {
    seen.push(storage.getStore())
    storage.enterWith('path' in scope ? scope.path : '')
    await receive()
    seen.push(storage.getStore())
  }
}

function scopeOf(path: string): Scope {
  return Object.assign(Object.create(null), { type: 'http', path })
}

const send = (): Promise<void> => Promise.resolve()

describe('calls of an application that are kept apart', () => {
  it('do not see what a call before them entered, and keep what they entered themselves', async () => {
    const seen: (string | undefined)[] = []
    const application = apart(notebook(seen))
    for (const path of ['/one', '/two'])
      await application(scopeOf(path), () => Promise.resolve({ type: 'http.disconnect' }), send)
    assert.deepEqual(seen, [undefined, '/one', undefined, '/two'])
  })

  it('do not see what the call entered in which they begin', async () => {
    const seen: (string | undefined)[] = []
    const application = apart(notebook(seen))
    const inner = async (): Promise<{ readonly type: 'http.disconnect' }> => {
      await application(scopeOf('/inner'), () => Promise.resolve({ type: 'http.disconnect' }), send)
      return { type: 'http.disconnect' }
    }
    await application(scopeOf('/outer'), inner, send)
    assert.deepEqual(seen, [undefined, undefined, '/inner', '/outer'])
  })

  it('see what was entered around the server', async () => {
    const seen: (string | undefined)[] = []
    const application = storage.run('around', () => apart(notebook(seen)))
    await application(scopeOf('/'), () => Promise.resolve({ type: 'http.disconnect' }), send)
    assert.deepEqual(seen, ['around', '/'])
  })
})
