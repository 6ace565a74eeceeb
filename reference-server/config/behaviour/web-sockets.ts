import assert from 'node:assert/strict'
import { WebSocketClient } from '../../testing/web-socket-client.ts'
import type { Trial, Trials } from './trial.ts'

const HANDSHAKE = [
  'GET /idle HTTP/1.1',
  'Host: a',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n')

/** Far more than the kernel keeps of one connection. */
const FLOOD_MESSAGES = 64
const FLOOD_BYTES = 1024 * 1024

type Names =
  | 'websocket'
  | 'wsMaxSize'
  | 'wsMaxFragments'
  | 'wsMaxQueue'
  | 'wsCompression'
  | 'wsPingInterval'
  | 'wsPingTimeout'

export const webSockets: Trials<Names> = {
  websocket: {
    given: () => ({ websocket: false }),
    async see({ port }) {
      const client = new WebSocketClient(await port())
      const answer = await client.next()
      assert.equal(answer.what === 'refused' && answer.status, 200)
    },
  },
  wsMaxSize: closing({ wsMaxSize: 10 }, ['0123456789'], ['0123456789x'], 1009),
  wsMaxFragments: closing({ wsMaxFragments: 3 }, ['a', 'b', 'c'], ['a', 'b', 'c', 'd'], 1008),
  wsMaxQueue: {
    given: () => ({ wsMaxQueue: 2 ** 30, wsMaxSize: FLOOD_BYTES, wsCompression: false }),
    // The application takes nothing: with the default, the client would have to wait.
    async see({ port }) {
      const client = new WebSocketClient(await port(), [], false, '/idle')
      await client.opened()
      for (let i = 0; i < FLOOD_MESSAGES; i += 1) client.raw.send(Buffer.alloc(FLOOD_BYTES))
      while (client.raw.bufferedAmount > 0) await new Promise((resolve) => setImmediate(resolve))
      client.raw.terminate()
    },
  },
  wsCompression: {
    given: () => ({ wsCompression: false }),
    async see({ port }) {
      const client = new WebSocketClient(await port(), [], true)
      await client.opened()
      assert.equal(client.raw.extensions, '')
      client.raw.terminate()
    },
  },
  wsPingInterval: {
    given: () => ({ wsPingInterval: 0.3 }),
    async see({ port }) {
      const client = new WebSocketClient(await port())
      await new Promise<void>((resolve) => {
        client.raw.on('ping', () => resolve())
      })
      client.raw.terminate()
    },
  },
  wsPingTimeout: {
    given: () => ({ wsPingInterval: 0.3, wsPingTimeout: 0.3 }),
    async see({ connect }) {
      const client = await connect()
      client.send(HANDSHAKE)
      await client.until('\r\n\r\n')
      await client.untilEnd()
    },
  },
}

function say({ raw }: WebSocketClient, fragments: readonly string[]): void {
  for (const [index, fragment] of fragments.entries()) {
    raw.send(fragment, { fin: index === fragments.length - 1 })
  }
}

/** A message whose fragments are within the limit is echoed, one beyond closes the connection. */
function closing(
  given: ReturnType<Trial['given']>,
  within: readonly string[],
  beyond: readonly string[],
  code: number,
): Trial {
  return {
    given: () => given,
    async see({ port }) {
      const client = new WebSocketClient(await port())
      await client.opened()
      say(client, within)
      const echoed = await client.next()
      assert.equal(echoed.what === 'message' && echoed.data.toString(), within.join(''))
      say(client, beyond)
      const end = await client.next()
      assert.equal(end.what === 'close' && end.code, code)
    },
  }
}
