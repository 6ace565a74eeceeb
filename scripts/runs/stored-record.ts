import { existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UsageError } from '../../evidence/errors.ts'
import type { NamedRecord } from '../../reports/diff/clauses.ts'
import { recordSchema } from '../../reports/record/schema.ts'

/** True for a folder of a report, or a record of one; target words never are. */
export function isStored(word: string): boolean {
  return existsSync(word) && (word.includes('/') || word.endsWith('.json') || isReport(word))
}

function isReport(word: string): boolean {
  return existsSync(join(word, 'record.json'))
}

/** @throws UsageError `record/unreadable` or `record/not-a-record`. */
export async function readRecord(word: string): Promise<NamedRecord> {
  const path = statSync(word).isDirectory() ? join(word, 'record.json') : word
  const cure = 'Give record.json of a report, or its folder.'
  let json: unknown
  try {
    json = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    const rule = cause instanceof SyntaxError ? 'is not JSON.' : 'cannot be read.'
    throw new UsageError({ code: 'record/unreadable', input: path, rule, cure }, { cause })
  }
  const parsed = recordSchema.safeParse(json)
  if (parsed.success) return { name: word, record: parsed.data, folder: dirname(path) }
  const issue = parsed.error.issues[0]
  const rule = `is not a record of this release: ${issue?.path.join('.')}: ${issue?.message}.`
  throw new UsageError({ code: 'record/not-a-record', input: path, rule, cure })
}
