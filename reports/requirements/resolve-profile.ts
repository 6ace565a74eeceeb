import type { Dimension, LoadProfile } from '../../evidence/load.ts'
import type { FileProfile } from './file-format.ts'
import type { Path, Problems } from './problem.ts'
import { readQuantity } from './quantity.ts'

/** What a new profile is made from where its author says nothing. */
const UNSAID: Omit<LoadProfile, 'name' | 'model' | 'connections' | 'rate'> = {
  seconds: 10,
  warmupSeconds: 2,
  starts: 5,
  workers: 1,
  request: { method: 'GET', path: '/hello', bodyBytes: 0 },
}

/** A built-in profile with the author's changes, or a new one. Null when it is wrong, which is then said. */
export function resolveProfile(
  name: string,
  written: FileProfile,
  builtIn: LoadProfile | undefined,
  path: Path,
  problems: Problems,
): LoadProfile | null {
  const base = builtIn ?? UNSAID
  const model = written.model ?? builtIn?.model
  const connections = written.connections ?? builtIn?.connections
  if (model === undefined || connections === undefined) {
    problems.add(path, {
      code: 'requirements/incomplete-profile',
      input: name,
      rule: 'is a new profile without a model or without connections.',
      cure: 'State both, or use the name of a built-in profile to change that one.',
    })
    return null
  }
  const read = (key: 'rate' | 'duration' | 'warmup', dimension: Dimension): number | undefined =>
    readPart(written[key], dimension, [...path, key], problems)
  const body = readPart(written.request?.body, 'memory', [...path, 'request', 'body'], problems)
  const rate = read('rate', 'rate') ?? builtIn?.rate ?? null
  if ((model === 'open') !== (rate !== null)) problems.add(path, rateComplaint(name, model))
  return {
    name,
    model,
    connections,
    rate,
    seconds: read('duration', 'time') ?? base.seconds,
    warmupSeconds: read('warmup', 'time') ?? base.warmupSeconds,
    starts: written.starts ?? base.starts,
    workers: written.workers ?? base.workers,
    request: {
      method: written.request?.method ?? base.request.method,
      path: written.request?.path ?? base.request.path,
      bodyBytes: body ?? base.request.bodyBytes,
    },
  }
}

function readPart(
  given: string | undefined,
  dimension: Dimension,
  path: Path,
  problems: Problems,
): number | undefined {
  if (given === undefined) return undefined
  const quantity = readQuantity(given, dimension)
  if (quantity.ok) return quantity.value
  const { code, rule, cure } = quantity
  problems.add(path, { code: `requirements/${code}`, input: `"${given}"`, rule, cure })
  return undefined
}

function rateComplaint(name: string, model: 'open' | 'closed') {
  return {
    code: 'requirements/profile-rate',
    input: name,
    rule:
      model === 'open'
        ? 'is an open model, which is a rate of arrivals, but states no rate.'
        : 'is a closed model, which has connections and no rate, but states a rate.',
    cure: model === 'open' ? 'Add "rate: 200 /s".' : 'Remove the rate or write "model: open".',
  }
}
