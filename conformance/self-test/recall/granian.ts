import { bugsOf, type HistoricalBug } from './recall.ts'

const CHANGES = 'https://github.com/emmett-framework/granian/pull'
const COMMITS = 'https://github.com/emmett-framework/granian/commit'

/** Bugs of granian, from the oldest fix to the newest. */
export const granianBugs: readonly HistoricalBug[] = bugsOf('granian', [
  {
    id: 'disconnect-without-code',
    summary: 'websocket.disconnect had no code.',
    link: `${CHANGES}/185`,
    bad: '0.7.6',
    fixed: '1.0.2',
    clauses: ['websocket/disconnect/code', 'websocket/disconnect/code-1005'],
  },
  {
    id: 'path-not-utf-8',
    summary: 'A path that is not UTF-8 made the worker panic.',
    link: `${CHANGES}/492`,
    bad: '1.6.4',
    fixed: '1.7.6',
    clauses: ['wire/rfc9112/grammar-mismatch', 'http/scope/path'],
  },
  {
    id: 'requests-in-flight-cut',
    summary: 'Requests in flight were not waited for at shutdown.',
    link: `${CHANGES}/520`,
    bad: '2.0.1',
    fixed: '2.1.0',
    clauses: ['lifespan/shutdown/after-connections-closed'],
  },
  {
    id: 'raw-path-decoded',
    summary: 'raw_path was not what the client had sent.',
    link: `${CHANGES}/542`,
    bad: '2.2.0',
    fixed: '2.2.1',
    clauses: ['http/scope/raw-path'],
  },
  {
    id: 'transport-error-raised',
    summary: 'receive() raised when the connection of a WebSocket was lost.',
    link: `${CHANGES}/575`,
    bad: '2.3.0',
    fixed: '2.3.1',
    clauses: ['websocket/disconnect/any-cause'],
  },
  {
    id: 'close-code-dropped',
    summary: 'The code of websocket.close did not reach the client.',
    link: `${CHANGES}/648`,
    bad: '2.4.2',
    fixed: '2.5.0',
    clauses: ['websocket/close/code', 'websocket/close/code-default'],
  },
  {
    id: 'message-after-the-end-panics',
    summary: 'A message after the completed response made the worker panic.',
    link: `${CHANGES}/719`,
    bad: '2.5.7',
    fixed: '2.6.0',
    clauses: ['http/send/after-completion-ignored'],
  },
  {
    id: 'no-disconnect-after-own-close',
    summary: 'receive() raised after the application had closed the WebSocket.',
    link: `${CHANGES}/801`,
    bad: '2.7.0',
    fixed: '2.7.1',
    clauses: ['websocket/disconnect/any-cause'],
  },
  {
    id: 'subprotocols-not-split',
    summary: 'A list of subprotocols in one header was taken for one subprotocol.',
    link: `${CHANGES}/817`,
    bad: '2.7.1',
    fixed: '2.7.2',
    clauses: ['websocket/scope/subprotocols'],
  },
  {
    id: 'accept-after-client-left',
    summary: 'To accept a client that had left raised an error of no documented kind.',
    link: `${CHANGES}/836`,
    bad: '2.7.2',
    fixed: '2.7.3',
    clauses: ['asgi/send/after-close-no-op-or-oserror'],
  },
  {
    id: 'subprotocol-panic',
    summary: 'Subprotocols that are not ASCII made the worker panic.',
    link: `${COMMITS}/765203d`,
    bad: '2.7.3',
    fixed: '2.7.4',
    clauses: ['wire/rfc6455/handshake-answered'],
  },
])
