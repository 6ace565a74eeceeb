import cluster from 'node:cluster'
import { Server } from 'node:tls'
import { calls } from '../sabotage/application.ts'
import { inSupervisor } from './fleet-drain.ts'
import type { Mutant } from './mutant.ts'

/** What is right the first time and in the usual order, and not behind that. */
export const afterwardsMutants: readonly Mutant[] = [
  {
    id: 'afterwards/connect-taken-as-answered',
    property: 'websocket/connect/before-handshake',
    clause: 'websocket/connect/event',
    breaks: 'an application that accepts before its first receive() never gets websocket.connect',
    sabotage: calls('websocket', ({ receive, send }) => {
      let asked = false
      let answered = false
      return {
        receive: async () => {
          const event = await receive()
          const late = answered && !asked
          asked = true
          return late && event['type'] === 'websocket.connect' ? await receive() : event
        },
        send: async (message) => {
          answered ||= message['type'] === 'websocket.accept'
          await send(message)
        },
      }
    }),
  },
  {
    id: 'afterwards/one-worker-more-at-most',
    property: 'process/sigttin-adds-worker',
    clause: 'process/sigttin-adds-worker',
    breaks: 'a second SIGTTIN adds no worker',
    sabotage: inSupervisor(`process.once('SIGTTIN', () => {
      process.removeAllListeners('SIGTTIN')
      process.on('SIGTTIN', () => undefined)
    })`),
  },
  {
    id: 'afterwards/ciphers-forgotten',
    property: 'process/sighup-certificates',
    clause: 'config/tls-ciphers',
    breaks: 'with a new certificate the ciphers that were set are forgotten',
    sabotage: { process: renewWithoutCiphers },
  },
  {
    id: 'afterwards/workers-on-their-own',
    property: 'process/no-orphans',
    clause: 'process/no-orphans',
    breaks: 'workers run on behind a supervisor that was killed',
    sabotage: {
      process: () => {
        if (cluster.isWorker) setImmediate(() => process.removeAllListeners('disconnect'))
      },
    },
  },
  {
    id: 'afterwards/stall-behind-content',
    property: 'config/timeout-body-read',
    clause: 'config/timeout-body-read',
    breaks: 'the time for content runs on behind the end of it while the application listens',
    sabotage: calls('http', ({ receive, tap }) => {
      let whole = false
      return {
        receive: async () => {
          const late = whole ? setTimeout(() => tap?.reset(), 1000) : undefined
          const event = await receive()
          clearTimeout(late)
          whole ||= event['type'] === 'http.request' && event['more_body'] !== true
          return event
        },
      }
    }),
  },
]

function renewWithoutCiphers(): void {
  const original: unknown = Reflect.get(Server.prototype, 'setSecureContext')
  const begun = new WeakSet<Server>()
  Server.prototype.setSecureContext = function renew({ ciphers, ...others }): void {
    const first = !begun.has(this) && ciphers !== undefined
    begun.add(this)
    if (typeof original === 'function') original.call(this, first ? { ...others, ciphers } : others)
  }
}
