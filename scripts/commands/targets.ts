import type { Command } from 'commander'
import { EXIT } from '../../evidence/verdict.ts'
import { listTargets, type TargetListing } from '../../targets/available.ts'
import { penFor } from '../terminal/style.ts'
import { formatTable } from '../terminal/table.ts'
import { jsonOption } from './options.ts'

export function addTargets(program: Command, finish: (code: number) => void): void {
  program
    .command('targets')
    .description('list the servers that can be tested here, and why some cannot')
    .addOption(jsonOption())
    .action(async (options: { readonly json?: true }) => {
      const listings = await listTargets()
      process.stdout.write(
        options.json ? `${JSON.stringify({ targets: listings }, null, 2)}\n` : describe(listings),
      )
      finish(EXIT.pass)
    })
}

function describe(listings: readonly TargetListing[]): string {
  const pen = penFor(process.stdout)
  const rows = listings.map(({ name, summary, axes, cached, obstacle }) => [
    pen.bold(name),
    obstacle === null ? pen.green('available') : pen.yellow('not here'),
    axes.map(({ flavours }) => flavours.map((flavour) => `+${flavour}`).join(' ')).join(' | '),
    cached.length === 0 ? '' : `installed: ${cached.join(' ')}`,
    pen.dim(summary),
  ])
  const obstacles = new Set(
    listings.flatMap(({ obstacle }) => (obstacle ? [`${obstacle.rule} ${obstacle.cure}`] : [])),
  )
  const reasons = [...obstacles].map((reason) => `\nnot here: ${reason}\n`).join('')
  const hint =
    '\nWrite name[@version][+flavour...], one flavour of each group; the first of a group is the usual default.\nhttp://HOST:PORT names a server that already runs with the probe as its application.\n'
  return formatTable(rows) + reasons + hint
}
