import { join } from 'node:path'
import fc from 'fast-check'
import { word } from '../../arbitraries/http.ts'
import { inSocketFolder, judgeServerPath } from '../../testers/socket-folder.ts'
import { isDict, show } from '../../testers/values.ts'
import { openWebSocket } from '../../websocket/open.ts'
import { type Property, processProperty } from '../property.ts'

/** An object that start-up made for all connections. */
const POOL = 'x-pool'

/** www.rst, "Websocket Connection Scope": what depends on how the server was started. */
export const scopeServer: readonly Property[] = [
  processProperty({
    id: 'websocket/scope/state',
    law: 'a WebSocket connection sees what start-up put into the state, in a copy of its own',
    clauses: ['websocket/scope/state'],
    needs: ['websocket', 'lifespan', 'lifespan/state'],
    enough: 2,
    program: fc.record({ key: word, value: word, scribble: word }),
    async run(launcher, { key, value, scribble }) {
      const iut = await launcher.start({
        lifespan: 'on',
        onLifespan: (scope) => {
          void (async () => {
            await scope.receive()
            await scope.setState(key, value)
            await scope.setState(POOL, {})
            await scope.send({ type: 'lifespan.startup.complete' })
            await scope.receive()
            await scope.send({ type: 'lifespan.shutdown.complete' })
            await scope.return()
          })().catch(() => undefined)
        },
      })
      await iut.calibrate()
      const trial = launcher.trial(iut)
      for (const turn of ['first', 'second']) {
        const { app, scope } = await openWebSocket(trial)
        const { state } = scope
        launcher.check(
          'websocket/scope/state',
          isDict(state) && state[key] === value && Object.keys(state).length === 2,
          `${key}: ${show(value)} and ${POOL}, on the ${turn} connection`,
          () => show(state),
        )
        const pool = isDict(state) ? state[POOL] : undefined
        launcher.check(
          'websocket/scope/state',
          turn === 'first' || (isDict(pool) && pool['used'] === scribble),
          `in ${POOL} what the first connection wrote there: ${show(scribble)}`,
          () => show(state),
        )
        await app.setState(`x-${scribble}`, 'was here')
        if (isDict(pool)) await app.setInState(POOL, 'used', scribble)
      }
    },
  }),
  processProperty({
    id: 'websocket/scope/root-path',
    law: 'root_path of a WebSocket is where the server was told that the application is mounted',
    clauses: ['websocket/scope/root-path', 'config/root-path'],
    needs: ['websocket', 'root-path', 'config/command-line'],
    enough: 1,
    program: fc.record({ rootPath: fc.constantFrom('/mounted', '/a/b') }),
    async run(launcher, { rootPath }) {
      const iut = await launcher.start({ settings: { 'command-line': { rootPath } } })
      await iut.calibrate()
      const exchange = await openWebSocket(launcher.trial(iut))
      const seen = exchange.scope['root_path'] ?? ''
      for (const clause of ['websocket/scope/root-path', 'config/root-path'])
        launcher.check(clause, seen === rootPath, show(rootPath), () => show(seen))
    },
  }),
  processProperty({
    id: 'websocket/scope/server-unix',
    law: 'on a unix socket server, where given, is its path and None',
    clauses: ['websocket/scope/server-unix'],
    needs: ['websocket', 'uds'],
    enough: 1,
    program: fc.record({ name: fc.constantFrom('a.sock', 'with-dash') }),
    async run(launcher, { name }) {
      await inSocketFolder(async (folder) => {
        const uds = join(folder, name)
        const iut = await launcher.start({ uds })
        await iut.calibrate()
        const exchange = await openWebSocket(launcher.trial(iut))
        await exchange.connect()
        await exchange.accept()
        const { server } = exchange.scope
        if (server === undefined || server === null) {
          launcher.judge.notApplicable('websocket/scope/server-unix', 'the scope names no server')
          return
        }
        judgeServerPath(launcher, 'websocket/scope/server-unix', exchange.scope, uds)
      })
    },
  }),
]
