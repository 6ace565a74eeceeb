import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { word } from '../../arbitraries/http.ts'
import { http } from '../../testers/request.ts'
import { type Property, processProperty } from '../property.ts'
import { serveWith } from './serve-with.ts'

const CLAUSE = 'config/log-config'

/** What Python's logging.config.fileConfig reads: everything from INFO on goes to standard error. */
const FILE = `[loggers]
keys=root

[handlers]
keys=console

[formatters]
keys=plain

[logger_root]
level=INFO
handlers=console

[handler_console]
class=StreamHandler
args=(sys.stderr,)
formatter=plain

[formatter_plain]
format=%(levelname)s %(message)s
`

/** The configuration of the application's logs takes in those of the server. */
export const logConfig: Property = processProperty({
  id: CLAUSE,
  law: 'with a logging configuration file, the exception of an application is written where the file says',
  clauses: [CLAUSE],
  needs: ['http/1.1', 'config/command-line', 'log/config'],
  enough: 1,
  program: fc.record({ word }),
  async run(launcher, { word: name }) {
    const folder = await mkdtemp(join(tmpdir(), 'assay-log-'))
    try {
      const file = join(folder, 'logging.ini')
      await writeFile(file, FILE)
      const trial = await serveWith(launcher, CLAUSE, { logConfig: file })
      const exchange = await trial.open(http.get('/fails'), { fresh: true })
      exchange.misused = true
      const text = `failed on purpose ${name}`
      await exchange.app.raise('RuntimeError', text)
      await exchange.response()
      const written = async (): Promise<boolean> => (await launcher.log(trial.iut)).includes(text)
      const logged = await trial.iut.becomes(written, LOG_MS)
      launcher.check(CLAUSE, logged, `${text} in the log`, () => trial.iut.running.logTail())
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
})

/** In which an entry is written that a server keeps back at first. */
const LOG_MS = 4000
