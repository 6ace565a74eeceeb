import { bytesOf, messages, scopes, without } from '../sabotage/application.ts'
import type { Mutant } from './mutant.ts'

/** Extensions that do not do what they say (docs/extensions.rst). */
export const extensionMutants: readonly Mutant[] = [
  {
    id: 'extensions/other-file-sent',
    property: 'extension/pathsend/content',
    clause: 'extension/pathsend/content',
    breaks: 'the content of another file is sent',
    sabotage: messages((message) =>
      message['type'] === 'http.response.pathsend'
        ? { type: 'http.response.body', body: bytesOf('another file') }
        : message,
    ),
  },
  {
    id: 'extensions/offset-ignored',
    property: 'extension/zerocopysend/mixed',
    clause: 'extension/zerocopysend/offset',
    breaks: 'the offset of a zero-copy send is ignored',
    sabotage: messages((message) =>
      message['type'] === 'http.response.zerocopysend' ? without(message, 'offset') : message,
    ),
  },
  {
    id: 'extensions/links-reversed',
    property: 'extension/early-hint/attempted',
    clause: 'extension/early-hint/attempted',
    breaks: 'the links of an early hint are sent the last first',
    sabotage: messages((message) =>
      message['type'] === 'http.response.early_hint' && Array.isArray(message['links'])
        ? { ...message, links: message['links'].toReversed() }
        : message,
    ),
  },
  {
    id: 'extensions/first-trailers-final',
    property: 'extension/trailers/more-trailers',
    clause: 'extension/trailers/more-trailers',
    breaks: 'the first trailers complete the response although more are announced',
    slow: true,
    sabotage: messages((message) =>
      message['type'] === 'http.response.trailers' ? without(message, 'more_trailers') : message,
    ),
  },
  {
    id: 'extensions/debug-offered',
    property: 'extension/debug/not-implemented',
    clause: 'extension/debug/not-implemented',
    breaks: 'the debug extension is offered',
    sabotage: scopes((scope) => ({
      ...scope,
      extensions: { ...Object(scope['extensions']), 'http.response.debug': {} },
    })),
  },
]
