import type { Command } from 'commander'

/** The reference server has a command line of its own: everything after `serve` is handed to it. */
export function addServe(program: Command, finish: (code: number) => void): void {
  program
    .command('serve')
    .description('serve a TypeScript or JavaScript ASGI application: FILE:EXPORT')
    .argument('[arguments...]', 'see "assay serve --help"')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (args: readonly string[]) => {
      const { main } = await import('../../reference-server/main.ts')
      finish(await main(args))
    })
}
