import { serialiseRecord } from '../record/serialise.ts'
import type { Renderer } from './renderer.ts'

/** `record.json`: the record itself. */
export const JSON_RENDERER: Renderer = {
  id: 'json',
  fileName: 'record.json',
  render: serialiseRecord,
}
