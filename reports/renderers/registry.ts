import { HTML_RENDERER } from './html.ts'
import { JSON_RENDERER } from './json.ts'
import { JUNIT_RENDERER } from './junit.ts'
import { MARKDOWN_RENDERER } from './markdown.ts'
import type { Renderer } from './renderer.ts'

/** Every format of the record. A new one is one file and one line here. */
export const RENDERERS: readonly Renderer[] = [
  JSON_RENDERER,
  HTML_RENDERER,
  MARKDOWN_RENDERER,
  JUNIT_RENDERER,
]
