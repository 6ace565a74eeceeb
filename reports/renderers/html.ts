import type { ValidationRecord } from '../record/record.ts'
import { page } from './html/page.ts'
import type { Renderer } from './renderer.ts'

/** `report.html`: for people, with the verdict first and the evidence two clicks away. */
export const HTML_RENDERER: Renderer = {
  id: 'html',
  fileName: 'report.html',
  render: (record: ValidationRecord): string => page(record),
}
