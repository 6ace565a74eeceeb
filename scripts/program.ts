import { Command, CommanderError } from 'commander'
import { EXIT } from '../evidence/verdict.ts'
import { packageIdentity } from '../targets/package-root.ts'
import { addBisect } from './commands/bisect.ts'
import { addConformance } from './commands/conformance.ts'
import { addDiff } from './commands/diff.ts'
import { addDoctor } from './commands/doctor.ts'
import { addLoad } from './commands/load.ts'
import { addQualify } from './commands/qualify.ts'
import { addReplay } from './commands/replay.ts'
import { addServe } from './commands/serve.ts'
import { addTargets } from './commands/targets.ts'
import { addValidate } from './commands/validate.ts'
import { reportFailure } from './terminal/failure.ts'
import { loadUserTargets } from './user-targets.ts'

/** Adds one subcommand; `finish` takes the exit code that its action ends with. */
export type AddCommand = (program: Command, finish: (code: number) => void) => void

/** Every subcommand, in the order of `assay --help`: a new one is one file and one line here. */
export const COMMANDS: readonly AddCommand[] = [
  addValidate,
  addConformance,
  addReplay,
  addDiff,
  addBisect,
  addLoad,
  addTargets,
  addServe,
  addQualify,
  addDoctor,
]

/** `serve` reads the configuration file itself; `doctor` must run whatever is wrong with it. */
const WITHOUT_TARGETS = ['serve', 'doctor']

const THREE_USES = `
Three uses:
  SOUP validation      one record that judges a server against your requirements (IEC 62304)
    $ assay validate uvicorn@0.29.0 --requirements requirements.yaml --out validation/uvicorn
  CI gate              the same checks as an exit code and a JUnit file, on every change
    $ assay validate uvicorn@0.29.0 --quick --json > record.json
    $ assay conformance uvicorn@0.29.0 --grep http/disconnect --time 20s
  comparison           the same programs, with the same seed, against several servers
    $ assay diff uvicorn@0.29.0+h11 uvicorn@0.54.0 hypercorn --seed 7 --out compared

Exit codes:
  0 all PASS   1 some FAIL   2 usage   3 INCONCLUSIVE or NOT_RUN   4 integrity   5 infrastructure

A target is name[@version][+flavour...] or http://HOST:PORT; "assay targets" lists them.
`

/** Runs one command line (without the interpreter) and gives its exit code; never throws. */
export async function run(args: readonly string[]): Promise<number> {
  let code: number = EXIT.pass
  try {
    await createProgram((final) => {
      code = final
    }).parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    // Commander has printed its complaint; help and version end with code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.pass : EXIT.usage
    return reportFailure(error)
  }
}

/** The whole command line as data: also what the documentation is checked against. */
export function createProgram(finish: (code: number) => void): Command {
  const { version } = packageIdentity()
  const program = new Command('assay')
    .description('Proves what an ASGI server does: conformance, load, and the record of both.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', THREE_USES)
    .showHelpAfterError('Run "assay --help" for the commands and options of this release.')
    .exitOverride()
  for (const add of COMMANDS) add(program, finish)
  program.hook('preAction', (_, command) => {
    if (WITHOUT_TARGETS.includes(command.name())) return undefined
    return loadUserTargets(process.cwd()) ?? undefined
  })
  return program
}
