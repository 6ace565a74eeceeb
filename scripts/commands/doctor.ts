import type { Command } from 'commander'
import { EXIT } from '../../evidence/verdict.ts'
import { type Check, inspectMachine } from '../doctor/checks.ts'
import { penFor } from '../terminal/style.ts'
import { formatTable } from '../terminal/table.ts'
import { jsonOption } from './options.ts'

export function addDoctor(program: Command, finish: (code: number) => void): void {
  program
    .command('doctor')
    .description('show what this machine has, what is missing, and how to get it')
    .addOption(jsonOption())
    .action(async (options: { readonly json?: true }) => {
      const checks = await inspectMachine()
      process.stdout.write(
        options.json ? `${JSON.stringify({ checks }, null, 2)}\n` : describe(checks),
      )
      finish(checks.every(({ found }) => found !== null) ? EXIT.pass : EXIT.infrastructure)
    })
}

function describe(checks: readonly Check[]): string {
  const pen = penFor(process.stdout)
  const rows = checks.map(({ name, neededFor, found }) => [
    found === null ? pen.yellow('missing') : pen.green('ok'),
    pen.bold(name),
    found ?? '',
    pen.dim(`for ${neededFor}`),
  ])
  const cures = checks
    .filter(({ found }) => found === null)
    .map(({ name, cure }) => `\n${name}: ${cure}\n`)
  return formatTable(rows) + cures.join('')
}
