import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Capability } from '../../../evidence/target.ts'
import type { Settings } from '../../../targets/settings.ts'
import { type Deferred, deferred } from '../../testers/deferred.ts'
import type { Iut } from '../../testers/iut.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { cooperate } from '../../testers/lifespan-script.ts'
import { http } from '../../testers/request.ts'
import { type Property, processProperty } from '../property.ts'
import { exchangeOf } from './serve-with.ts'
import { type TemporaryApplication, withTemporaryApplication } from './temporary-application.ts'

const CLAUSE = 'config/reload'
const DIRECTORY = 'config/reload-directory'
const INCLUDE = 'config/reload-include'
const EXCLUDE = 'config/reload-exclude'
const needs: readonly Capability[] = [
  'http/1.1',
  'config/command-line',
  'process',
  'lifespan',
  'reload',
]

/** How a server keeps up with an application that is being written. */
export const reload: readonly Property[] = [
  processProperty({
    id: CLAUSE,
    law: 'with reload on, a changed module replaces the application that runs, and so does one that another took the place of, again and again',
    clauses: [CLAUSE],
    needs,
    enough: 1,
    program: fc.record({ path: fc.constantFrom('/', '/changed') }),
    async run(launcher, { path }) {
      await withTemporaryApplication(async (made) => {
        const server = await launchReloading(launcher, made)
        await judgeRestart(launcher, server, made.change, path)
        for (let count = 0; count < 2; count += 1) {
          await server.iut.becomes(() => false, STALE_MS)
          await judgeRestart(launcher, server, made.replace, path)
        }
      })
    },
  }),
  processProperty({
    id: 'config/reload/broken-source',
    law: 'a module that could not be loaded for a while replaces the application once it is mended',
    clauses: [CLAUSE],
    needs: [...needs, 'reload/broken-source'],
    enough: 1,
    program: fc.record({ path: fc.constantFrom('/', '/mended') }),
    async run(launcher, { path }) {
      await withTemporaryApplication(async (made) => {
        const server = await launchReloading(launcher, made)
        const { iut } = server
        await made.spoil()
        await iut.becomes(async () => (await launcher.log(iut)).includes('half written'), NOTICE_MS)
        const ended = await Promise.race([
          iut.running.exited.then(() => true),
          iut.becomes(() => false, STALE_MS),
        ])
        const stays = 'a server that waits for the next change'
        if (!launcher.check(CLAUSE, !ended, stays, () => 'the end of the server')) return
        await judgeRestart(launcher, server, made.change, path)
      })
    },
  }),
  processProperty({
    id: DIRECTORY,
    law: 'with a directory to watch, a change in it counts, and one elsewhere does not',
    clauses: [DIRECTORY],
    needs: [...needs, 'reload/directories'],
    enough: 1,
    program: fc.record({ name: fc.constantFrom('watched', 'sources') }),
    async run(launcher, { name }) {
      await withTemporaryApplication(async (made) => {
        const watched = join(made.folder, name)
        const part = join(watched, 'part.py')
        await mkdir(watched)
        await writeFile(part, 'PART = 1\n')
        const server = await launchReloading(launcher, made, { reloadDirectory: watched })
        // The module lies in the working directory, beside what is watched.
        const stays = `no restart for a change outside ${name}`
        if (!(await judgeStays(launcher, server, made.change, DIRECTORY, stays))) return
        const change = (): Promise<void> => writeFile(part, 'PART = 2\n')
        await judgeRestart(launcher, server, change, '/', DIRECTORY)
      })
    },
  }),
  processProperty({
    id: INCLUDE,
    law: 'a file that was named to be watched counts, whatever its name begins with',
    clauses: [INCLUDE],
    needs: [...needs, 'reload/patterns'],
    enough: 1,
    program: fc.record({ name: fc.constantFrom('.settings', '.env') }),
    async run(launcher, { name }) {
      await withTemporaryApplication(async (made) => {
        const file = join(made.folder, name)
        await writeFile(file, 'FIRST=1\n')
        const server = await launchReloading(launcher, made, { reloadInclude: name })
        const change = (): Promise<void> => writeFile(file, 'SECOND=2\n')
        await judgeRestart(launcher, server, change, '/', INCLUDE)
      })
    },
  }),
  processProperty({
    id: EXCLUDE,
    law: 'a source file that was named to be left out does not count, and the others still do',
    clauses: [EXCLUDE],
    needs: [...needs, 'reload/excluded'],
    enough: 1,
    program: fc.record({ name: fc.constantFrom('generated.py', 'settings.py') }),
    async run(launcher, { name }) {
      await withTemporaryApplication(async (made) => {
        const file = join(made.folder, name)
        await writeFile(file, 'FIRST = 1\n')
        const server = await launchReloading(launcher, made, { reloadExclude: name })
        const change = (): Promise<void> => writeFile(file, 'SECOND = 2\n')
        const stays = `no restart for ${name}`
        if (!(await judgeStays(launcher, server, change, EXCLUDE, stays))) return
        await judgeRestart(launcher, server, made.change, '/', EXCLUDE)
      })
    },
  }),
]

/** Some look at times of modification, which have whole seconds on some file systems. */
const STALE_MS = 1100
/** In which a change that counts is noticed. */
const NOTICE_MS = 3000

interface Reloading {
  readonly iut: Iut
  /** Resolves when the application starts up once more, from now on. */
  readonly nextStart: () => Promise<void>
}

type Change = () => Promise<void>

/** The change does not count. */
async function judgeStays(
  launcher: Launcher,
  { iut, nextStart }: Reloading,
  change: Change,
  clause: string,
  expected: string,
): Promise<boolean> {
  let early = false
  void nextStart().then(() => (early = true))
  await change()
  await iut.becomes(() => early, NOTICE_MS)
  return launcher.check(clause, !early, expected, () => 'another start of the application')
}

async function launchReloading(
  launcher: Launcher,
  made: TemporaryApplication,
  settings: Settings = {},
): Promise<Reloading> {
  let next: Deferred<void> = deferred()
  const iut = await launcher.serve(CLAUSE, {
    application: made.plain,
    settings: { 'command-line': { reload: true, ...settings } },
    lifespan: 'auto',
    onLifespan: (scope) => {
      next.resolve()
      void cooperate(scope).catch(() => undefined)
    },
  })
  // A server that reloads may let the old worker go before the new one has come.
  iut.expectEnd()
  await iut.becomes(() => false, STALE_MS)
  const nextStart = (): Promise<void> => {
    next = deferred()
    return next.promise
  }
  return { iut, nextStart }
}

async function judgeRestart(
  launcher: Launcher,
  { iut, nextStart }: Reloading,
  change: Change,
  path: string,
  clause = CLAUSE,
): Promise<void> {
  const restarted = nextStart()
  await change()
  await iut.afterLaunch(restarted, clause, 'another start of the application')
  const serves = await iut.becomes(async () => {
    const answered = await exchangeOf(launcher.trial(iut), http.get(path)).catch(() => null)
    return answered?.response?.status === 200
  }, iut.startPatience)
  launcher.check(clause, serves, 'requests served after the change', () => 'none')
}
