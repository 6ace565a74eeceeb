import type { z } from 'zod'
import type { Complaint } from '../../evidence/errors.ts'
import { suggestion } from './nearest.ts'
import type { Path } from './problem.ts'

type Issue = z.core.$ZodIssue

/** What the shape check found, each with its place: `key` where the key itself is what is wrong. */
export interface ShapeProblem {
  readonly path: Path
  readonly at: 'key' | 'value'
  readonly complaint: Complaint
}

/** Says in our words what zod found wrong with a value of the given schema. */
export function shapeProblems(data: unknown, error: z.ZodError): readonly ShapeProblem[] {
  return error.issues.flatMap((issue) => describe(issue, data))
}

function describe(issue: Issue, data: unknown): readonly ShapeProblem[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol')
  const input = quote(path, valueAt(data, path))
  const one = (code: string, rule: string, cure: string): readonly ShapeProblem[] => [
    { path, at: 'value', complaint: { code: `requirements/${code}`, input, rule, cure } },
  ]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key]))
    case 'invalid_type':
      if (valueAt(data, path) === undefined) {
        return one('missing', 'is missing.', `Add it: a value of type ${issue.expected}.`)
      }
      return one(
        'type',
        `is not of type ${issue.expected}.`,
        `Write one of type ${issue.expected}.`,
      )
    case 'invalid_value':
      return one(
        'choice',
        'is not among the words known here.',
        suggestion(String(valueAt(data, path)), issue.values.map(String)),
      )
    case 'invalid_union':
      return one('choice', 'is not among the words known here.', unionCure(issue))
    case 'too_small':
      return one('too-small', `is shorter or smaller than ${issue.minimum}.`, 'Say more here.')
    case 'invalid_format':
      return one(
        'format',
        `does not have the form ${issue.pattern ?? issue.format}.`,
        'Rewrite it.',
      )
    case 'invalid_key':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'too_big':
    case 'custom':
      return one('invalid', `${issue.message}.`, 'Correct it.')
  }
}

function unionCure(issue: z.core.$ZodIssueInvalidUnion): string {
  const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : []
  return options.length > 0
    ? `Choose one of: ${options.join(', ')}.`
    : 'Write a text such as "500 ms" or a number.'
}

function unknownKey(path: Path): ShapeProblem {
  return {
    path,
    at: 'key',
    complaint: {
      code: 'requirements/unknown-key',
      input: `"${String(path.at(-1))}"`,
      rule: 'is no key known here.',
      cure: 'Correct its spelling or remove it: a key that nobody reads proves nothing.',
    },
  }
}

function valueAt(data: unknown, path: Path): unknown {
  let value: unknown = data
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Reflect.get(value, step)
  }
  return value
}

function quote(path: Path, value: unknown): string {
  const place = path.length === 0 ? 'the file' : path.join('.')
  if (value === undefined || typeof value === 'object') return place
  return `${place}: ${JSON.stringify(value)}`
}
