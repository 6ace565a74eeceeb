import type { ValidationRecord } from '../record/record.ts'

/** One format of the record: a pure function of it, so that all formats agree. */
export interface Renderer {
  readonly id: string
  /** In the bundle. */
  readonly fileName: string
  render(record: ValidationRecord): string
}
