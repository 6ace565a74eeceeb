import fc from 'fast-check'
import { type Property, processProperty } from '../property.ts'

/** What a server does not understand must not be passed over in silence. */
export const refusals: readonly Property[] = [
  processProperty({
    id: 'config/unknown-option-refused',
    law: 'an unknown option ends the start with a message that names it and an exit code other than 0',
    clauses: ['config/unknown-option-refused'],
    needs: ['http/1.1', 'config/command-line'],
    enough: 2,
    program: fc.record({ option: fc.constantFrom('--assay-no-such-option', '--no-such-limit=7') }),
    async run(launcher, { option }) {
      const iut = await launcher.start({ extraArgs: [option], waitUntilListening: false })
      iut.expectEnd()
      const exit = await iut.ended()
      const log = await launcher.log(iut)
      const [name = option] = option.split('=')
      launcher.check(
        'config/unknown-option-refused',
        exit !== null && exit.code !== null && exit.code !== 0,
        'an exit code other than 0',
        () => (exit === null ? 'the server runs' : `exit ${exit.code ?? exit.signal}`),
      )
      launcher.check(
        'config/unknown-option-refused',
        log.includes(name),
        `a message that names ${name}`,
        () => log.slice(-300),
      )
    },
  }),
  processProperty({
    id: 'config/invalid-value-refused',
    law: 'a value that no server could use ends the start with a message and an exit code other than 0',
    clauses: ['config/invalid-value-refused'],
    needs: ['http/1.1', 'config/command-line'],
    enough: 1,
    program: fc.record({ port: fc.constantFrom('eighty', '80.5') }),
    async run(launcher, { port }) {
      const clause = 'config/invalid-value-refused'
      const settings = { 'command-line': { port } }
      const iut = await launcher.start({
        addressIn: 'nowhere',
        settings,
        waitUntilListening: false,
      })
      iut.expectEnd()
      const exit = await iut.ended()
      launcher.check(clause, exit !== null && exit.code !== 0, 'an exit code other than 0', () =>
        exit === null ? 'the server runs' : 'exit code 0',
      )
      const log = await launcher.log(iut)
      launcher.check(clause, log.trim() !== '', 'a message', () => 'nothing')
    },
  }),
  processProperty({
    id: 'config/invalid-value-refused/outranked',
    law: 'a value that no server could use ends the start even where a better source has another',
    clauses: ['config/invalid-value-refused'],
    needs: [
      'http/1.1',
      'config/command-line',
      'config/environment',
      'documented/every-source-checked',
    ],
    enough: 1,
    program: fc.record({ port: fc.constantFrom('eighty', '80.5') }),
    async run(launcher, { port }) {
      const clause = 'config/invalid-value-refused'
      // The address of the launch is on the command line, which beats the environment.
      const settings = { environment: { port } }
      const iut = await launcher.start({ settings, waitUntilListening: false })
      iut.expectEnd()
      const exit = await iut.ended()
      launcher.check(clause, exit !== null && exit.code !== 0, 'an exit code other than 0', () =>
        exit === null ? 'the server runs' : 'exit code 0',
      )
    },
  }),
]
