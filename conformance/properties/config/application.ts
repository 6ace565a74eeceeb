import fc from 'fast-check'
import { PROBE } from '../../probe/application.ts'
import type { StartOptions } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { http } from '../../testers/request.ts'
import { type Property, processProperty } from '../property.ts'
import { exchangeOf } from './serve-with.ts'
import { withTemporaryApplication } from './temporary-application.ts'

const needs = ['http/1.1', 'config/command-line'] as const

/** How a server finds its application. */
export const applications: readonly Property[] = [
  processProperty({
    id: 'config/application-reference',
    law: 'the application is found by the name of its module and of its attribute',
    clauses: ['config/application-reference'],
    needs,
    enough: 1,
    program: fc.record({ path: fc.constantFrom('/', '/named') }),
    async run(launcher, { path }) {
      await withTemporaryApplication(async (made) => {
        await judgeServed(launcher, 'config/application-reference', path, {
          application: made.plain,
        })
      })
    },
  }),
  processProperty({
    id: 'config/application-factory',
    law: 'in factory mode the named function is called once, and what it returns is served',
    clauses: ['config/application-factory'],
    needs: [...needs, 'application/factory'],
    enough: 1,
    program: fc.record({ path: fc.constantFrom('/', '/made') }),
    async run(launcher, { path }) {
      const clause = 'config/application-factory'
      await withTemporaryApplication(async (made) => {
        await judgeServed(launcher, clause, path, {
          application: made.factory,
          settings: { 'command-line': { factory: true } },
        })
        const calls = await made.calls()
        launcher.check(clause, calls === 1, 'one call of the factory', () => `${calls} calls`)
      })
    },
  }),
  processProperty({
    id: 'config/application-directory',
    law: 'the application is looked for in the directory that was given',
    clauses: ['config/application-directory'],
    needs: [...needs, 'application/directory'],
    enough: 1,
    program: fc.record({ path: fc.constantFrom('/', '/elsewhere') }),
    async run(launcher, { path }) {
      await withTemporaryApplication(async (made) => {
        const { python } = made.plain
        await judgeServed(launcher, 'config/application-directory', path, {
          // Started beside the probe, as if it had no say in where the application is.
          application: { ...made.plain, python: { ...python, directory: PROBE.python.directory } },
          settings: { 'command-line': { applicationDirectory: made.folder } },
        })
      })
    },
  }),
]

async function judgeServed(
  launcher: Launcher,
  clause: string,
  path: string,
  options: Omit<StartOptions, 'logFile'>,
): Promise<void> {
  const iut = await launcher.serve(clause, options)
  const { response } = await exchangeOf(launcher.trial(iut), http.get(path))
  launcher.check(clause, response?.status === 200, 'a response of the application', () =>
    String(response?.status),
  )
}
