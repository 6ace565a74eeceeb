import fc from 'fast-check'
import { http } from '../../testers/request.ts'
import { type Property, processProperty } from '../property.ts'
import { exchangeOf } from './serve-with.ts'

const needs = ['http/1.1', 'config/command-line', 'process', 'lifespan', 'lifespan/modes'] as const

/** Whether the application takes part in lifespan. */
export const lifespanModes: readonly Property[] = [
  processProperty({
    id: 'config/lifespan-on',
    law: 'with lifespan on, an application that raises on the lifespan scope keeps the server from starting',
    clauses: ['config/lifespan-on'],
    needs,
    enough: 1,
    program: fc.record({
      exception: fc.constantFrom('RuntimeError' as const, 'ValueError' as const),
    }),
    async run(launcher, { exception }) {
      const clause = 'config/lifespan-on'
      const iut = await launcher.start({
        lifespan: 'on',
        waitUntilListening: false,
        onLifespan: (scope) => void scope.raise(exception).catch(() => undefined),
      })
      iut.expectEnd()
      const exit = await iut.ended()
      launcher.check(clause, exit !== null, 'the end of the server', () => 'it runs')
      if (exit !== null)
        launcher.check(clause, exit.code !== 0, 'an exit code other than 0', () => 'exit code 0')
    },
  }),
  processProperty({
    id: 'config/lifespan-on/silent',
    law: 'where lifespan must take part, an application that leaves it without an answer keeps the server from starting',
    clauses: ['config/lifespan-on'],
    needs: [...needs, 'documented/lifespan-required'],
    enough: 1,
    program: fc.record({ asks: fc.boolean() }),
    async run(launcher, { asks }) {
      const clause = 'config/lifespan-on'
      const iut = await launcher.start({
        lifespan: 'on',
        waitUntilListening: false,
        onLifespan: (scope) => {
          void (async () => {
            if (asks) await scope.receive()
            await scope.return()
          })().catch(() => undefined)
        },
      })
      iut.expectEnd()
      const exit = await iut.ended()
      launcher.check(clause, exit !== null, 'the end of the server', () => 'it runs')
      if (exit !== null)
        launcher.check(clause, exit.code !== 0, 'an exit code other than 0', () => 'exit code 0')
    },
  }),
  processProperty({
    id: 'config/lifespan-off',
    law: 'with lifespan off the application gets no lifespan scope, and is served',
    clauses: ['config/lifespan-off'],
    needs,
    enough: 1,
    program: fc.record({ path: fc.constantFrom('/', '/off') }),
    async run(launcher, { path }) {
      const clause = 'config/lifespan-off'
      const iut = await launcher.serve(clause, { lifespan: 'off' })
      const { response } = await exchangeOf(launcher.trial(iut), http.get(path))
      launcher.check(clause, response?.status === 200, 'requests served', () =>
        String(response?.status),
      )
      const scopes = iut.lifespans.length
      launcher.check(clause, scopes === 0, 'no lifespan scope', () => `${scopes}`)
    },
  }),
  processProperty({
    id: 'config/lifespan-auto',
    law: 'with lifespan auto an application that raises on the lifespan scope is served without it',
    clauses: ['config/lifespan-auto'],
    needs,
    enough: 1,
    program: fc.record({
      exception: fc.constantFrom('RuntimeError' as const, 'ValueError' as const),
    }),
    async run(launcher, { exception }) {
      const clause = 'config/lifespan-auto'
      const iut = await launcher.serve(clause, {
        lifespan: 'auto',
        onLifespan: (scope) => void scope.raise(exception).catch(() => undefined),
      })
      const { response } = await exchangeOf(launcher.trial(iut))
      launcher.check(clause, response?.status === 200, 'requests served', () =>
        String(response?.status),
      )
    },
  }),
]
