import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { UsageError } from '../../evidence/errors.ts'

/** One stored program: enough to run it again on any target, without the random generator. */
export interface ProgramFile {
  readonly schema: 'assay-program/1'
  readonly property: string
  readonly clause: string
  /** The target it was found on, as it would be typed. */
  readonly target: string
  readonly serverArgs: readonly string[]
  readonly pins: readonly string[]
  readonly seed: number
  readonly expected: string
  readonly observed: string
  /** The generated value, plain JSON. */
  readonly program: unknown
}

const programFile: z.ZodType<ProgramFile> = z.object({
  schema: z.literal('assay-program/1'),
  property: z.string(),
  clause: z.string(),
  target: z.string(),
  serverArgs: z.array(z.string()),
  pins: z.array(z.string()),
  seed: z.number(),
  expected: z.string(),
  observed: z.string(),
  program: z.unknown(),
})

export async function writeProgram(bundle: string, path: string, file: ProgramFile): Promise<void> {
  const target = join(bundle, path)
  await mkdir(dirname(target), { recursive: true })
  await writeFile(target, `${JSON.stringify(file, null, 2)}\n`)
}

/** @throws UsageError when the file is missing, is not JSON or is not a stored program. */
export async function readProgram(path: string): Promise<ProgramFile> {
  const cure = 'Give a file that a run has stored under raw/programs.'
  let json: unknown
  try {
    json = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    const rule = cause instanceof SyntaxError ? 'is not JSON.' : 'cannot be read.'
    throw new UsageError({ code: 'replay/unreadable', input: path, rule, cure }, { cause })
  }
  const parsed = programFile.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const rule = `is not a stored program: ${issue?.path.join('.')} ${issue?.message}.`
  throw new UsageError({ code: 'replay/not-a-program', input: path, rule, cure })
}
