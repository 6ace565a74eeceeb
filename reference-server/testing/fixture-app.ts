import { closeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ASGIApplication } from '../asgi/application.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')

const released = new Promise((resolve) => {
  process.once('SIGUSR2', resolve)
})

/**
 * For tests of processes: answers with its process id, `/slow` after a moment, `/hold` after SIGUSR2;
 * `/block` never, nor does its process do anything else; `/stray` leaves a rejection behind, `/late` one of a `send()` to
 * a client that has gone; `/throw` throws where nobody catches it, `/crash` ends the process, `/part` closes the channel to the
 * supervisor and answers after SIGUSR2.
 * Writes its lifespan to standard output.
 */
export const app: ASGIApplication = async (scope, receive, send) => {
  if (scope.type === 'lifespan') {
    await receive()
    process.stdout.write('fixture: startup\n')
    await send({ type: 'lifespan.startup.complete' })
    await receive()
    process.stdout.write('fixture: shutdown\n')
    await send({ type: 'lifespan.shutdown.complete' })
    return
  }
  if (scope.path === '/stray') void Promise.reject(new Error('stray'))
  if (scope.path === '/late') {
    while ((await receive()).type !== 'http.disconnect') process.stdout.write('fixture: late\n')
    void send({ type: 'http.response.start', status: 200 })
    setImmediate(() => process.stdout.write('fixture: left\n'))
    return
  }
  if (scope.path === '/throw') {
    setImmediate(() => {
      throw new Error('thrown')
    })
    await new Promise(() => {})
  }
  if (scope.path === '/crash') process.kill(process.pid, 'SIGKILL')
  if (scope.path === '/part') {
    // The descriptor of the channel, as the first after the standard ones; closed so that this end does not notice.
    closeSync(3)
    process.stdout.write(`fixture: parted by ${process.pid}\n`)
    await released
  }
  if (scope.path === '/block') {
    process.stdout.write('fixture: block\n')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
  if (scope.path === '/slow') {
    process.stdout.write('fixture: slow\n')
    await sleep(300)
  }
  if (scope.path === '/hold') {
    process.stdout.write('fixture: hold\n')
    await released
  }
  const body = bytes(String(process.pid))
  const headers = [[bytes('content-length'), bytes(String(body.length))]] as const
  await send({ type: 'http.response.start', status: 200, headers })
  await send({ type: 'http.response.body', body })
}

/** Refuses to start. */
export const failing: ASGIApplication = async (_scope, receive, send) => {
  await receive()
  await send({ type: 'lifespan.startup.failed', message: 'no database' })
}

/** Comes to no end of its start: it waits for what nobody will bring about. */
export const starting: ASGIApplication = async (_scope, receive) => {
  await receive()
  process.stdout.write('fixture: starting\n')
  await new Promise(() => {})
}

/** Comes to the end of its start after SIGUSR2. */
export const held: ASGIApplication = async (scope, receive, send) => {
  if (scope.type === 'lifespan') {
    process.stdout.write('fixture: held\n')
    await released
  }
  await app(scope, receive, send)
}

/** Comes to no end of its shutdown. */
export const stopping: ASGIApplication = async (scope, receive, send) => {
  if (scope.type !== 'lifespan') throw new Error(`no ${scope.type} here`)
  await receive()
  await send({ type: 'lifespan.startup.complete' })
  await receive()
  process.stdout.write('fixture: stopping\n')
  await new Promise(() => {})
}

/** Takes longer for its shutdown than a supervisor waits for requests. */
export const lingering: ASGIApplication = async (scope, receive, send) => {
  if (scope.type !== 'lifespan') throw new Error(`no ${scope.type} here`)
  await receive()
  await send({ type: 'lifespan.startup.complete' })
  await receive()
  await sleep(3000)
  process.stdout.write('fixture: shutdown\n')
  await send({ type: 'lifespan.shutdown.complete' })
}

export function factory(): ASGIApplication {
  return app
}

/** No factory, as its result is no function. */
export function noFactory(): number {
  return 5
}

export async function failingFactory(): Promise<ASGIApplication> {
  throw new Error('no templates')
}
