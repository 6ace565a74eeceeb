import { OPCODE } from '../../websocket/frame.ts'
import { calls, type Dict, sends } from '../sabotage/application.ts'
import { serverFrames } from '../sabotage/frames.ts'
import { both, type Sabotage } from '../sabotage/sabotage.ts'
import type { Tap } from '../sabotage/tap.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Wrong only in the middle of something: of a closing handshake, a denial, a message, a start that fails. */
export const midwayMutants: readonly Mutant[] = [
  {
    id: 'midway/message-behind-close',
    property: 'wire/rfc6455/no-data-after-close/beside',
    clause: 'wire/rfc6455/no-data-after-close',
    breaks: 'a message that is under way when another task closes leaves behind the Close',
    sabotage: overtaken(),
  },
  {
    id: 'midway/denial-given-up-hidden',
    property: 'websocket/disconnect/before-accept',
    clause: 'websocket/disconnect/before-accept',
    breaks: 'a client that leaves in the middle of a denial is never missed',
    slow: true,
    sabotage: deafInDenial(),
  },
  {
    id: 'midway/upgraded-counted-as-idle',
    property: 'config/timeout-keep-alive-upgraded/held',
    clause: 'config/timeout-keep-alive-upgraded',
    breaks:
      'a connection that goes over to WebSocket with its second request is closed as if it were idle',
    sabotage: closedAsIdle(),
  },
  {
    id: 'midway/failed-start-forgotten',
    property: 'lifespan/startup/failed-exits',
    clause: 'lifespan/startup/failed-exits',
    breaks:
      'lifespan.startup.failed is forgotten where its application catches what send() raises and returns',
    sabotage: forgottenFailure(),
  },
]

/** Between the keep-alive time-out that a property sets and the end of its patience. */
const IDLE_MS = 1500

function overtaken(): Sabotage {
  const waiting = new WeakMap<Dict, number>()
  const overtaking = new WeakSet<Tap>()
  return both(
    sends(async (message, { scope, send, tap }) => {
      const before = waiting.get(scope) ?? 0
      if (message['type'] === 'websocket.close' && before > 0 && tap !== null) overtaking.add(tap)
      waiting.set(scope, before + 1)
      await send(message)
      waiting.set(scope, (waiting.get(scope) ?? 1) - 1)
    }, 'websocket'),
    serverFrames((frame, tap) => {
      const late = frame.opcode === OPCODE.close && overtaking.has(tap)
      return late ? [frame, { ...frame, opcode: OPCODE.text, payload: Buffer.from('x') }] : [frame]
    }),
  )
}

function deafInDenial(): Sabotage {
  return calls('websocket', ({ receive, send }) => {
    let denies = false
    return {
      send: async (message) => {
        denies ||= message['type'] === 'websocket.http.response.start'
        await send(message)
      },
      receive: () => (denies ? new Promise(() => undefined) : receive()),
    }
  })
}

function closedAsIdle(): Sabotage {
  const served = new WeakSet<Tap>()
  return requests((bytes, tap) => {
    const upgrades = /\r\nUpgrade: websocket/i.test(bytes)
    if (upgrades && served.has(tap)) setTimeout(() => tap.end(), IDLE_MS)
    if (/^[A-Z]+ /.test(bytes)) served.add(tap)
    return bytes
  })
}

function forgottenFailure(): Sabotage {
  return {
    application: (app) => async (scope, receive, send) => {
      let failure: Dict | null = null
      try {
        await app(scope, receive, async (message) => {
          if (message['type'] !== 'lifespan.startup.failed') return await send(message)
          failure = message
          throw new Error('the start failed')
        })
      } catch (error) {
        if (failure === null) throw error
        await send(failure)
      }
    },
  }
}
