import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { ControlServer, type Worker, WorkerLostError } from './control.ts'
import { type Deferred, deferred } from './deferred.ts'
import type { RemoteScope } from './remote-scope.ts'
import { PyTuple } from './values.ts'

describe('control line', () => {
  let control: ControlServer
  let announced: Deferred<RemoteScope>
  let lost: Deferred<Worker>
  const sockets: Socket[] = []

  beforeEach(async () => {
    announced = deferred()
    lost = deferred()
    const listener = {
      scope: (scope: RemoteScope) => announced.resolve(scope),
      workerLost: (worker: Worker) => lost.resolve(worker),
    }
    control = await ControlServer.listen(listener, null)
  })

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await control.close()
  })

  async function call(): Promise<Socket> {
    const [, , port] = control.address.split(':')
    const socket = connect(Number(port), '127.0.0.1')
    sockets.push(socket)
    await once(socket, 'connect')
    return socket
  }

  async function probe(): Promise<Socket> {
    const socket = await call()
    const token = control.address.split(':').at(-1)
    socket.write(`${JSON.stringify({ hello: token, pid: 7, runtime: 'test', loop: 'none' })}\n`)
    return socket
  }

  for (const [what, bytes] of [
    ['a wrong token', '{"hello": "0123456789abcdef0123456789abcdef", "pid": 1}\n'],
    ['no token', '{"scope": 1, "value": {"type": "http"}}\n'],
    ['a line that is not JSON', 'GET / HTTP/1.1\r\n'],
    ['a JSON line that is no object', '[1]\n'],
    ['a line without end', 'x'.repeat(5000)],
  ] as const) {
    it(`a caller with ${what} is cut off and counts as no worker`, async () => {
      const socket = await call()
      const closed = once(socket, 'close')
      socket.on('error', () => undefined)
      socket.write(bytes)
      await closed
      assert.equal(control.admitted, 0)
      assert.equal(control.workers.size, 0)
    })
  }

  it('the token changes from run to run', async () => {
    const nobody = { scope: () => undefined, workerLost: () => undefined }
    const other = await ControlServer.listen(nobody, null)
    try {
      assert.notEqual(other.address.split(':').at(-1), control.address.split(':').at(-1))
    } finally {
      await other.close()
    }
  })

  it('a scope that arrives in pieces is announced once, with its types kept', async () => {
    const socket = await probe()
    const line = JSON.stringify({
      scope: 3,
      value: { type: 'http', path: 'é€', client: { $t: ['a', 1] }, raw: { $b: '\u00ff' } },
    })
    const bytes = Buffer.from(`${line.replaceAll(/[^ -~]/g, escaped)}\n`)
    for (const byte of bytes) socket.write(Buffer.of(byte))
    const scope = await announced.promise
    assert.equal(scope.scope['path'], 'é€')
    assert.ok(scope.scope['client'] instanceof PyTuple)
    assert.deepEqual(scope.scope['raw'], Buffer.of(0xff))
  })

  it('a scope that is no dict stops nobody: it is a scope without keys', async () => {
    const socket = await probe()
    socket.write('{"scope": 1, "value": ["http"]}\n')
    assert.deepEqual((await announced.promise).scope, {})
  })

  it('what a lost worker was asked is refused, before and after the loss', async () => {
    const socket = await probe()
    socket.write('{"scope": 1, "value": {"type": "http"}}\n')
    const scope = await announced.promise
    const before = scope.receive()
    socket.destroy()
    await assert.rejects(before, WorkerLostError)
    await assert.rejects(scope.send({ type: 'http.response.start' }), WorkerLostError)
    assert.equal((await lost.promise).pid, 7)
    assert.equal(control.workers.size, 0)
  })

  it('commands that an ended application cannot obey are answered all the same', async () => {
    const socket = await probe()
    socket.write('{"scope": 1, "value": {"type": "http"}}\n')
    const scope = await announced.promise
    const pending = scope.receive()
    socket.write('{"end": "raised", "scope": 1}\n')
    assert.deepEqual((await pending).raised?.chain, ['CancelledError'])
    assert.deepEqual((await scope.receive()).raised?.chain, ['CancelledError'])
    assert.equal(await scope.ended, 'raised')
  })
})

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
