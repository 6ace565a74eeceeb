import { AssayError } from '../../evidence/errors.ts'
import { findK6 } from '../../load/engines/find-k6.ts'
import type { Environment } from '../../reports/record/environment.ts'
import { findPython } from '../../targets/python/interpreter.ts'
import { collectEnvironment } from '../environment.ts'

/** The machine as the record states it, with the very Python and k6 that a run here uses. */
export async function describeMachine(): Promise<Environment> {
  const [python, k6] = await Promise.all([pythonFile(), k6File()])
  return collectEnvironment({ python, k6 })
}

async function pythonFile(): Promise<string | null> {
  try {
    return (await findPython()).executable
  } catch (error) {
    if (error instanceof AssayError) return null
    throw error
  }
}

async function k6File(): Promise<string | null> {
  const k6 = await findK6()
  return 'reason' in k6 ? null : k6.file
}
