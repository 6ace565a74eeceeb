import type { Arbitrary } from 'fast-check'
import { type Exchange } from '../../testers/exchange.ts'
import { Silence } from '../../testers/patience.ts'
import type { Trial } from '../../testers/trial.ts'
import type { Message } from '../../testers/values.ts'
import { openEither } from '../http2/either-version.ts'
import { exchangeProperty, type Property } from '../property.ts'
import { judgeSurplus } from './surplus.ts'

export const RAISED = 'asgi/error/app-exception-terminates'
const COMPLETE = 'http/send/closed-when-complete'

/** Messages that no correct application sends: whatever the server makes of them, the wire stays sound. */
export function wireSafe<Program>(
  id: string,
  law: string,
  clauses: readonly string[],
  program: Arbitrary<Program>,
  messages: (program: Program) => readonly Message[],
): Property {
  return exchangeProperty<Program>({
    id,
    law,
    clauses,
    program,
    async run(trial, value) {
      const exchange = await misuse(trial)
      exchange.answersFor = clauses[0] ?? null
      let raised = false
      for (const message of messages(value)) {
        raised = (await exchange.send(message)).raised !== null
        if (raised) break
      }
      if (raised) await exchange.app.reraise()
      else await exchange.app.return()
      const { wire } = exchange.channel
      await answered(trial, exchange, {
        raised,
        started: startsResponse(messages(value)),
        clause: clauses[0] ?? id,
      })
      await trial.iut.cameWithinQuiet(wire.activity())
      await judgeSoundness(trial, exchange, clauses[0] ?? id)
    },
  })
}

interface Misused {
  readonly raised: boolean
  readonly started: boolean
  readonly clause: string
}

/**
 * Silence leaves the wire sound, and breaks other clauses: an application that failed is owed its end, and a
 * response that was accepted whole is owed to the client. Only one that has begun and never ends is not sound.
 */
async function answered(trial: Trial, exchange: Exchange, misused: Misused): Promise<void> {
  const { wire } = exchange.channel
  const begun = (): boolean => wire.events.some(({ direction }) => direction === 'in')
  if (misused.raised) await exchange.response(RAISED)
  else if (misused.started)
    await exchange.response(COMPLETE).catch((error: unknown) => {
      if (!(error instanceof Silence && begun())) throw error
      throw new Silence(misused.clause, error.awaited, error.waitedMs, error.doubt)
    })
  else if (begun() || (await trial.iut.cameWithinQuiet(wire.activity(), PERIODS)))
    await exchange.response(misused.clause)
}

/** Quiet periods in which a server has answered for an application that returned without a response. */
const PERIODS = 20

function startsResponse([first]: readonly Message[]): boolean {
  return first?.['type'] === 'http.response.start'
}

async function judgeSoundness(trial: Trial, exchange: Exchange, clause: string): Promise<void> {
  const { wire } = exchange.channel
  const names = exchange.answered?.headers.map(([name]) => name) ?? []
  const injected = names.find((name) => name.toLowerCase().endsWith('x-injected'))
  trial.check(
    clause,
    injected === undefined,
    'no header that the application did not name, or must not',
    () => JSON.stringify(injected),
  )
  await judgeSurplus(trial, wire, clause, 'no bytes beyond the response')
}

/** A response of which nobody judges what it says: the application misuses send(). */
export async function misuse(trial: Trial, http2 = false): Promise<Exchange> {
  const exchange = await openEither(trial, http2)
  exchange.misused = true
  return exchange
}
