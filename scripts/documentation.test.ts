import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { describe, it } from 'mocha'
import { z } from 'zod'
import { packageRoot } from '../targets/package-root.ts'
import { parseTargetSpec } from '../targets/spec.ts'
import { createProgram } from './program.ts'

const Manifest = z.object({ scripts: z.record(z.string(), z.string()) })

const PAGES = ['README.md', 'CONTRIBUTING.md', 'docs/cli.md']

function read(page: string): Promise<string> {
  return readFile(join(packageRoot(), page), 'utf8')
}

/** The lines of the shell blocks of a Markdown page. */
function commandsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block = '']) =>
    block.trim().split('\n'),
  )
}

/** The commands that a newcomer types first: those before the heading "Three uses". */
async function newcomerCommands(): Promise<readonly string[]> {
  const [start = ''] = (await read('README.md')).split('## Three uses')
  return commandsOf(start)
}

/** `assay validate a --out b` as commander reads it, without running it. */
function understand(words: readonly string[]): Command {
  const program = createProgram(() => {})
  let understood: Command | null = null
  for (const command of program.commands) {
    command.action(() => {
      understood = command
    })
  }
  program.parse([...words], { from: 'user' })
  return understood ?? assert.fail(words.join(' '))
}

describe('the documentation', () => {
  it('begins with one command that validates and one that tests', async () => {
    const [first, second] = await newcomerCommands()
    assert.equal(first, 'npm ci && npx assay validate')
    assert.equal(second, 'npm test')
  })

  it('gives newcomers the very commands that CI runs', async () => {
    const ci = await read('.ci/run')
    for (const command of await newcomerCommands()) assert.ok(ci.includes(`'${command}'`), command)
  })

  it('shows only commands, options and targets that this release understands', async () => {
    const pages = await Promise.all(PAGES.map(read))
    const help = createProgram(() => {}).helpInformation()
    const calls = [...pages, help].flatMap((page) =>
      commandsOf(page).flatMap((line) => /\bassay (.*?)(?: > .*)?$/.exec(line)?.[1] ?? []),
    )
    assert.ok(calls.length >= 4)
    for (const call of calls) {
      const command = understand(call.split(' '))
      if (command.name() === 'serve') continue
      for (const target of command.args) parseTargetSpec(target, { serverArgs: [], pins: [] })
    }
  })

  it('links only to files that exist', async () => {
    for (const page of PAGES) {
      for (const [, link = ''] of (await read(page)).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
        assert.ok(existsSync(join(packageRoot(), dirname(page), link)), `${page}: ${link}`)
      }
    }
  })

  it('names only npm scripts that exist', async () => {
    const { scripts } = Manifest.parse(JSON.parse(await read('package.json')))
    for (const page of PAGES) {
      for (const [, name = ''] of (await read(page)).matchAll(/npm run ([a-z0-9:-]+)/g)) {
        assert.ok(name in scripts, name)
      }
    }
  })
})
