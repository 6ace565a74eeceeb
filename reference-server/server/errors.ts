import { AssayError } from '../../evidence/errors.ts'
import { EXIT } from '../../evidence/verdict.ts'

/** The application sent lifespan.startup.failed, or could not start while its lifespan was required. */
export class StartupFailed extends AssayError {
  override readonly name = 'StartupFailed'

  constructor(message: string) {
    super(
      {
        code: 'serve/startup-failed',
        input: message === '' ? 'lifespan.startup.failed' : message,
        rule: 'The application refused to start.',
        cure: 'Mend what its message names.',
      },
      EXIT.unproven,
    )
  }
}

/** The address cannot be listened on. */
export class ListenFailed extends AssayError {
  override readonly name = 'ListenFailed'

  constructor(address: string, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    super(
      { code: 'serve/listen', input: address, ...reasonOf(code, address) },
      EXIT.infrastructure,
      {
        cause,
      },
    )
  }
}

function reasonOf(code: string, address: string): { rule: string; cure: string } {
  switch (code) {
    case 'EADDRINUSE':
      return {
        rule: 'Another process listens there already.',
        cure: 'Stop it, or choose another port; port 0 takes any free one.',
      }
    case 'EACCES':
      // That is also what Node.js makes of a folder that is not there.
      if (address.includes('/')) {
        return {
          rule: 'There is no such folder, or this user may not write to it.',
          cure: 'Create the folder of the unix socket, or grant the right to write to it.',
        }
      }
      return {
        rule: 'This user may not listen there.',
        cure: 'Choose a port from 1024 on, or grant the right to bind low ports.',
      }
    case 'ENAMETOOLONG':
      return {
        rule: 'The path of a unix socket cannot be that long.',
        cure: 'Choose a folder with a shorter path; systems take about a hundred bytes.',
      }
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return {
        rule: 'No interface of this machine has that address.',
        cure: 'Listen on 127.0.0.1, ::1, 0.0.0.0 or an address that the machine has.',
      }
    case 'ABORT_ERR':
      return {
        rule: 'The supervisor of this worker, which listens for it, has ended.',
        cure: 'Start the server again.',
      }
    default:
      return { rule: `Listening failed with ${code}.`, cure: 'See the cause above.' }
  }
}
