import { randomInt } from 'node:crypto'
import { InvalidArgumentError, Option } from 'commander'

/** Seeds are 31-bit, so that they survive every tool that stores them as a signed integer. */
const SEED_LIMIT = 2 ** 31 - 1

export function randomSeed(): number {
  return randomInt(1, SEED_LIMIT)
}

export function seedOption(): Option {
  return new Option(
    '--seed <number>',
    'seed of all generated programs (default: random, printed)',
  ).argParser((text) => parseCount(text, SEED_LIMIT))
}

export function outOption(): Option {
  return new Option('--out <dir>', 'folder of the report (default: assay-report/TARGET-TIME)')
}

export function deviationsOption(): Option {
  return new Option('--deviations <file>', 'failures that are known in writing, until a date')
}

export function jsonOption(): Option {
  return new Option('--json', 'print one JSON document to standard output and nothing else there')
}

export function serverArgOption(): Option {
  return new Option(
    '--server-arg <argument>',
    'a raw launch argument for the server, written --server-arg=--backlog=8; repeats',
  )
    .argParser(collect)
    .default([], 'none')
}

export function withOption(): Option {
  return new Option('--with <pin>', "PKG==VERSION in the target's environment; repeats")
    .argParser(collect)
    .default([], 'none')
}

export function countOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => parseCount(text, SEED_LIMIT))
}

export function durationOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser(parseDuration)
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value]
}

function parseCount(text: string, limit: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= 1 && value <= limit) return value
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${limit}.`)
}

/** `500ms`, `60s`, `2m`; a bare number means seconds. Gives milliseconds. */
function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text)
  const scale = { ms: 1, s: 1000, m: 60_000 }[match?.[2] ?? 's']
  const value = Number(match?.[1]) * (scale ?? Number.NaN)
  if (Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError('It must be a duration such as 500ms, 60s or 2m.')
}
