import * as v from 'valibot'
import { UsageError } from '../../evidence/errors.ts'
import type { Kind, Setting } from './settings.ts'

const TRUE = new Set(['true', '1', 'yes', 'on'])
const FALSE = new Set(['false', '0', 'no', 'off'])

/** Text of a command line or an environment variable as the value it stands for, not yet checked. */
export function fromText(kind: Kind, text: string): unknown {
  switch (kind) {
    case 'text':
      return text
    case 'number':
      return /^\d+(\.\d+)?$/.test(text) ? Number(text) : text
    case 'flag':
      return TRUE.has(text.toLowerCase()) || (FALSE.has(text.toLowerCase()) ? false : text)
    case 'list':
      return text.split(',').map((item) => item.trim())
    case 'lines':
      return text.split('\n').map((item) => item.trim())
  }
}

/** The checked value, or a UsageError that names where the wrong one came from. */
export function check<Value>(setting: Setting<Value>, value: unknown, source: string): Value {
  const result = v.safeParse(setting.schema, value)
  if (result.success) return result.output
  const [issue] = result.issues
  throw new UsageError({
    code: 'serve/setting',
    input: `${source}=${setting.secret === true ? '***' : JSON.stringify(value)}`,
    rule: `${issue.message}.`,
    cure: setting.help,
  })
}
