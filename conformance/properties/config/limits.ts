import fc from 'fast-check'
import type { Capability } from '../../../evidence/target.ts'
import type { Settings } from '../../../targets/settings.ts'
import { isClientError } from '../../judge/status.ts'
import { describeRefusal } from '../../testers/attempt.ts'
import type { Channel } from '../../testers/channel.ts'
import type { Launcher } from '../../testers/launcher.ts'
import { type HttpRequest, http, serialize } from '../../testers/request.ts'
import type { Trial } from '../../testers/trial.ts'
import { BARE, judgeBare } from '../http/surplus.ts'
import { type Property, processProperty } from '../property.ts'
import { answerTo, serveWith } from './serve-with.ts'

/** Octets of a request line: more than servers take by default. Fields may be twice as long. */
const RAISED = 100_000

/** How large a request may be. Sizes lie far from the limit: what counts towards it, servers see differently. */
export const limits: readonly Property[] = [
  limit({
    clause: 'config/limit-request-line',
    capability: 'limit/request-line',
    settings: { limitRequestLine: 1000 },
    within: http.get(`/${'a'.repeat(400)}`),
    beyond: http.get(`/${'a'.repeat(3000)}`),
    endless: `GET /${'a'.repeat(100_000)}`,
  }),
  raised({
    clause: 'config/limit-request-line',
    capability: 'limit/request-line',
    settings: { limitRequestLine: RAISED },
    sizes: [40_000, 60_000],
    within: (size) => http.get(`/${'a'.repeat(size)}`),
  }),
  limit({
    clause: 'config/limit-header-size',
    capability: 'limit/header-size',
    settings: { limitHeaderBytes: 8192 },
    within: http.get('/', [['x-filler', 'a'.repeat(2000)]]),
    beyond: http.get('/', filler(8, 4000)),
  }),
  raised({
    clause: 'config/limit-header-size',
    capability: 'limit/header-size',
    settings: { limitHeaderBytes: 2 * RAISED },
    sizes: [1, 15],
    within: (lines) => http.get('/', filler(lines, 90_000 / lines)),
  }),
  limit({
    clause: 'config/limit-field-size',
    capability: 'limit/field-size',
    settings: { limitFieldBytes: 1000 },
    within: http.get('/', filler(3, 400)),
    beyond: http.get('/', [['x-filler', 'a'.repeat(3000)]]),
  }),
  limit({
    clause: 'config/limit-header-count',
    capability: 'limit/header-count',
    settings: { limitHeaderCount: 20 },
    within: http.get('/', filler(10, 1)),
    beyond: http.get('/', filler(40, 1)),
  }),
  raised({
    clause: 'config/limit-header-count',
    capability: 'limit/header-count',
    settings: { limitHeaderCount: 400 },
    sizes: [210, 350],
    within: (lines) => http.get('/', filler(lines, 1)),
  }),
  processProperty({
    id: 'config/limit-body-size',
    law: 'a body beyond the limit is refused with a 4xx or a close and never whole in the application; one within it is',
    clauses: ['config/limit-body-size', BARE],
    needs: ['http/1.1', 'config/command-line', 'limit/body-size'],
    enough: 1,
    program: fc.record({ chunked: fc.boolean() }),
    async run(launcher, { chunked }) {
      const trial = await serveWith(launcher, 'config/limit-body-size', { limitBody: 1000 })
      for (const size of [500, 5000]) await judgeBody(trial, bodyOf(size, chunked))
      await judgeBody(trial, { ...bodyOf(5000, chunked), method: 'HEAD' })
    },
  }),
]

interface Limit {
  readonly clause: string
  readonly capability: Capability
  readonly settings: Settings
  readonly within: HttpRequest
  readonly beyond: HttpRequest
  /** The beginning of one, far beyond any limit: it is refused although its end does not come. */
  readonly endless?: string
}

function limit({ clause, capability, settings, within, beyond, endless }: Limit): Property {
  return processProperty({
    id: clause,
    law: 'a request beyond the limit is refused with a 4xx or a close; one within it is served',
    clauses: [clause],
    needs: ['http/1.1', 'config/command-line', capability],
    enough: 1,
    program: fc.record({ order: fc.constantFrom('within first', 'beyond first') }),
    async run(launcher, { order }) {
      const trial = await serveWith(launcher, clause, settings)
      const steps = [
        (): Promise<void> => judgeWithin(launcher, trial, clause, within),
        async () => {
          for (const cuts of [lastLine(beyond), everywhere(beyond)])
            await judgeBeyond(launcher, trial, clause, beyond, { cuts })
          // The limit is one of each request, not of the first on its connection.
          const channel = await channelBehind(trial, within)
          await judgeBeyond(launcher, trial, clause, beyond, { cuts: lastLine(beyond), channel })
        },
      ]
      if (endless !== undefined) steps.push(() => judgeEndless(trial, clause, endless))
      for (const step of order === 'within first' ? steps : steps.toReversed()) await step()
    },
  })
}

interface RaisedLimit extends Omit<Limit, 'within' | 'beyond'> {
  readonly sizes: readonly number[]
  readonly within: (size: number) => HttpRequest
}

/** A server that heeds the setting only where it lowers its default passes every other program. */
function raised({ clause, capability, settings, sizes, within }: RaisedLimit): Property {
  return processProperty({
    id: `${clause}/raised`,
    law: 'a request beyond the limit by default is served where the limit was raised above it',
    clauses: [clause],
    needs: ['http/1.1', 'config/command-line', capability],
    enough: 1,
    program: fc.record({ size: fc.constantFrom(...sizes) }),
    async run(launcher, { size }) {
      const trial = await serveWith(launcher, clause, settings)
      // In two pieces, since a head that is complete when it arrives may be kept from every limit.
      await judgeWithin(launcher, trial, clause, within(size), 1000)
    },
  })
}

async function judgeWithin(
  launcher: Launcher,
  trial: Trial,
  clause: string,
  request: HttpRequest,
  fromEnd?: number,
): Promise<void> {
  const cuts = fromEnd === undefined ? [] : [serialize(request).length - fromEnd]
  const { served, refused } = await trial.attempt(request, { fresh: true, cuts })
  launcher.check(clause, served !== null, 'a request within the limit served', () =>
    refused === null ? '' : describeRefusal(refused),
  )
  if (served === null) return
  await served.respond({ status: 204 })
  await served.response()
}

/**
 * The head comes in two pieces: a limit of what may be kept of an unfinished head does not touch one
 * that is complete when it arrives.
 */
function lastLine(request: HttpRequest): readonly number[] {
  return [serialize(request).length - 6]
}

/** It comes in many, each of them small: the limit is one of the whole. */
function everywhere(request: HttpRequest): readonly number[] {
  const { length } = serialize(request)
  return Array.from({ length: PIECES - 1 }, (_, index) =>
    Math.floor(((index + 1) * length) / PIECES),
  )
}

const PIECES = 12

async function judgeBeyond(
  launcher: Launcher,
  trial: Trial,
  clause: string,
  request: HttpRequest,
  options: { readonly cuts: readonly number[]; readonly channel?: Channel },
): Promise<void> {
  const { served, refused } = await trial.attempt(request, { fresh: true, ...options })
  const status = refused?.response?.status ?? null
  launcher.check(
    clause,
    served === null && (status === null || isClientError(status)),
    'a 4xx or a close for a request beyond the limit',
    () => (refused === null ? 'it reached the application' : describeRefusal(refused)),
  )
  await served?.respond({ status: 204 })
}

async function judgeEndless(trial: Trial, clause: string, text: string): Promise<void> {
  const response = await answerTo(trial, text, clause)
  trial.check(
    clause,
    response === null || isClientError(response.status),
    'a 4xx or a close for what has no end',
    () => `status ${response?.status}`,
  )
}

/** A connection on which such a request has been served already. */
async function channelBehind(trial: Trial, request: HttpRequest): Promise<Channel> {
  const channel = await trial.connect()
  const { served } = await trial.attempt(request, { channel })
  await served?.respond({ status: 204 })
  await served?.response()
  return channel
}

async function judgeBody(trial: Trial, request: HttpRequest): Promise<void> {
  const clause = 'config/limit-body-size'
  const size = 'content' in request.body ? request.body.content.length : 5000
  const within = size <= 1000
  const channel = await trial.connect()
  const { served, refused } = await trial.attempt(request, { channel })
  if (served === null) {
    if (request.method === 'HEAD') await judgeBare(trial, channel.wire)
    const status = refused.response?.status ?? null
    trial.check(
      clause,
      !within && (status === null || isClientError(status)),
      within ? 'a body within the limit served' : 'a 4xx or a close',
      () => describeRefusal(refused),
    )
    return
  }
  served.misused = !within
  const { ended } = await served.readBody()
  trial.check(
    clause,
    (ended === 'complete') === within,
    within ? 'the whole body' : 'no whole body for the application',
    () => ended,
  )
  await served.respond({ status: 204 })
  const response = await served.response(clause)
  if (within) return
  if (request.method === 'HEAD') await judgeBare(trial, channel.wire)
  const status = response?.status ?? null
  trial.check(
    clause,
    status === null || isClientError(status),
    'a 4xx or a close',
    () => `status ${status}`,
  )
}

function bodyOf(size: number, chunked: boolean): HttpRequest {
  const content = 'b'.repeat(size)
  if (!chunked || size <= 1000) return http.post('/', content)
  return {
    ...http.post('/', ''),
    body: { framing: 'chunked', chunks: [content.slice(0, 100), content.slice(100)] },
  }
}

function filler(count: number, length: number): [string, string][] {
  return Array.from({ length: count }, (_, index) => [`x-filler-${index}`, 'a'.repeat(length)])
}
