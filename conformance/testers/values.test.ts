import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import fc, { type Arbitrary } from 'fast-check'
import { after, before, describe, it } from 'mocha'
import { findPython } from '../../targets/python/interpreter.ts'
import { PROBE } from '../probe/application.ts'
import { pythonOrSkip } from '../self-test/python-or-skip.ts'
import { ControlServer } from './control.ts'
import { deferred } from './deferred.ts'
import type { RemoteScope } from './remote-scope.ts'
import {
  type Message,
  type MessageValue,
  Odd,
  PyFloat,
  PyIterable,
  PyTuple,
  type PyValue,
  show,
  showDict,
} from './values.ts'

/** An application whose receive() yields what was sent last: the probe around it does the coding. */
const ECHO = {
  python: `
import asyncio, sys
sys.path.insert(0, sys.argv[1])
import probe
last = []
async def send(message): last.append(message)
async def receive(): return last.pop()
asyncio.run(probe.app({"type": "http", "tuple": (1, b"2")}, receive, send))`,
  node: `
const { app } = await import(process.argv[1])
const last = []
await app({ type: 'http' }, async () => last.pop(), async (message) => { last.push(message) })`,
}

const key = fc
  .string({ minLength: 1, maxLength: 5, unit: 'grapheme' })
  .filter((text) => !text.startsWith('$') && text !== '__proto__')
const bytes = fc
  .oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 1024, maxLength: 1030 }))
  .map((array) => Buffer.from(array))

/** Values that both languages tell apart, and what they are after the journey: the same. */
const plain: Arbitrary<MessageValue> = fc.letrec<{ value: MessageValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'value' },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string({ unit: 'binary', maxLength: 10 }),
    bytes,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value

describe('values on the control line', function () {
  this.timeout(60_000)

  for (const language of ['python', 'node'] as const) {
    describe(`to the probe in ${language} and back`, () => {
      let control: ControlServer
      let scope: RemoteScope
      let stop: () => Promise<void>

      before(async function () {
        if (language === 'python') await pythonOrSkip(this)
        const announced = deferred<RemoteScope>()
        const listener = {
          scope: (one: RemoteScope) => announced.resolve(one),
          workerLost: () => announced.reject(new Error('the echo application ended')),
        }
        control = await ControlServer.listen(listener, null)
        stop = await start(language, control.address)
        scope = await announced.promise
      })

      after(async () => {
        await scope.return()
        await stop()
        await control.close()
      })

      async function journey(message: Message): Promise<PyValue> {
        const { raised } = await scope.send(message)
        assert.equal(raised, null)
        return (await scope.receive()).value
      }

      it('every value keeps its type and content', async () => {
        await fc.assert(
          fc.asyncProperty(plain, async (value) => {
            assert.deepStrictEqual(await journey({ type: 'x', value }), { type: 'x', value })
          }),
          { numRuns: 300 },
        )
      })

      it('an integer beyond 2^53 is not rounded', async () => {
        assert.deepEqual(await journey({ value: 2n ** 80n + 1n }), { value: 2n ** 80n + 1n })
      })

      if (language === 'python') {
        it('tuple, generator, bytearray, memoryview and float are told from their likes', async () => {
          const items = ['a', Buffer.from('b')]
          const value = await journey({
            tuple: new Odd('tuple', items),
            generator: new Odd('generator', items),
            bytearray: new Odd('bytearray', Buffer.from('b')),
            memoryview: new Odd('memoryview', Buffer.from('b')),
            float: new PyFloat('1.0'),
            not_a_number: new PyFloat('nan'),
          })
          assert.ok(typeof value === 'object' && value !== null && 'tuple' in value)
          const { tuple, generator, bytearray, memoryview, float, not_a_number: nan } = value
          assert.ok(tuple instanceof PyTuple && tuple.length === 2)
          assert.ok(generator instanceof PyIterable && generator.length === 2)
          assert.ok(!(bytearray instanceof Uint8Array) && !(memoryview instanceof Uint8Array))
          assert.deepEqual([float, nan], [new PyFloat('1.0'), new PyFloat('nan')])
        })

        it('a scope shows a tuple as a tuple', () => {
          assert.deepStrictEqual(scope.scope['tuple'], PyTuple.from([1, Buffer.from('2')]))
        })
      }
    })
  }
})

describe('a value that is shown', () => {
  it('is cut where it is long, with the length that all of it has', () => {
    const whole = '{"type": "x", "bytes": b"a\\x00b\\n", "list": [1, (None, True)]}'
    const value = { type: 'x', bytes: Buffer.from('a\0b\n'), list: [1, PyTuple.from([null, true])] }
    assert.equal(show(value), whole)
    for (let limit = 1; limit < whole.length; limit += 1)
      assert.equal(show(value, limit), `${whole.slice(0, limit)}… (${whole.length} characters)`)
  })

  it('keeps all keys of an event, with how much there is of each value that is cut', () => {
    const event = {
      type: 'http.request',
      body: Buffer.alloc(5000),
      text: 'é'.repeat(30),
      more_body: false,
    }
    const body = `b"${'\\x00'.repeat(5)}…" (5000 bytes)`
    const text = `"${'é'.repeat(20)}…" (30 characters)`
    const expected = `{"type": "http.request", "body": ${body}, "text": ${text}, "more_body": False}`
    assert.equal(showDict(event, 20), expected)
  })
})

async function start(language: 'python' | 'node', address: string): Promise<() => Promise<void>> {
  const probe = PROBE[language === 'python' ? 'python' : 'node']
  const [command, args] =
    'directory' in probe
      ? [(await findPython()).executable, ['-c', ECHO.python, probe.directory]]
      : [process.execPath, ['--input-type=module', '-e', ECHO.node, probe.file]]
  const child = spawn(command, args, {
    cwd: dirname(join(PROBE.node.file)),
    env: { ...process.env, ASSAY_CONTROL: address },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const exited = once(child, 'exit')
  return async () => {
    child.kill()
    await exited
  }
}
