import { findPython, type Interpreter } from '../../targets/python/interpreter.ts'

/** The Python that targets are built with; without one a test is skipped, except in CI, where it fails. */
export async function pythonOrSkip(test: { skip(): never }): Promise<Interpreter> {
  try {
    return await findPython()
  } catch (error) {
    if (process.env['CI'] === 'true') throw error
    return test.skip()
  }
}
