import type { Property } from '../property.ts'
import { debug } from './debug.ts'
import { earlyHint, earlyHintHttp10 } from './early-hint.ts'
import { heldFiles } from './held-files.ts'
import { heldHints } from './held-hints.ts'
import { pathSend } from './path-send.ts'
import { split } from './split.ts'
import { moreTrailers } from './trailers.ts'
import { zeroCopySend } from './zero-copy-send.ts'

/** docs/extensions.rst: what a server may offer beyond the core protocols. */
export const extensions: readonly Property[] = [
  earlyHint,
  earlyHintHttp10,
  heldFiles,
  heldHints,
  pathSend,
  zeroCopySend,
  moreTrailers,
  ...split,
  debug,
]
