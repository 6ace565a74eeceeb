import { bugsOf, type HistoricalBug } from './recall.ts'

const CHANGES = 'https://github.com/pgjones/hypercorn/commit'

/** Bugs of hypercorn, from the oldest fix to the newest. */
export const hypercornBugs: readonly HistoricalBug[] = bugsOf('hypercorn', [
  {
    id: 'accept-headers',
    summary: 'Headers of websocket.accept were dropped.',
    link: `${CHANGES}/039944c`,
    bad: '0.12.0',
    fixed: '0.13.0',
    clauses: ['websocket/accept/headers'],
  },
  {
    id: 'no-content-with-412',
    summary: 'Responses with status 412 lost their content.',
    link: `${CHANGES}/9a50f5d`,
    bad: '0.13.2',
    fixed: '0.14.0',
    clauses: ['http/send/body-concatenated'],
  },
  {
    id: 'lifespan-asgi-version',
    summary: 'The lifespan scope told no version of ASGI.',
    link: `${CHANGES}/4ae32df`,
    bad: '0.14.1',
    fixed: '0.14.2',
    clauses: ['lifespan/scope/asgi-version'],
  },
  {
    id: 'log-level-of-file',
    summary:
      'The log level of the configuration file was overwritten by the default of the option.',
    link: `${CHANGES}/3f804ce`,
    bad: '0.14.1',
    fixed: '0.14.2',
    clauses: ['config/log-level'],
  },
  {
    id: 'header-names-in-capitals',
    summary: 'Header names reached the application as they were written, not in lower case.',
    link: `${CHANGES}/68e832a`,
    bad: '0.14.2',
    fixed: '0.14.3',
    clauses: ['websocket/scope/header-names-lowercased'],
  },
  {
    id: 'startup-failed-without-message',
    summary: 'lifespan.startup.failed without a message did not end the server.',
    link: `${CHANGES}/8ae17ca`,
    bad: '0.14.3',
    fixed: '0.14.4',
    clauses: ['lifespan/startup/failed-message-optional'],
  },
  {
    id: 'end-of-reading-untold',
    summary: 'Protocols were not told that the socket had come to its end.',
    link: `${CHANGES}/8a3e512`,
    bad: '0.14.3',
    fixed: '0.14.4',
    clauses: ['http/receive/disconnect-after-client-left'],
  },
  {
    id: 'chunk-terminator-unchecked',
    summary: 'h11 took any two bytes for the end of a chunk (CVE-2025-43859).',
    link: 'https://github.com/python-hyper/h11/security/advisories/GHSA-vqfr-h8mv-ghfj',
    bad: '0.17.3',
    fixed: '0.18.0',
    pins: ['h11==0.14.0'],
    fixedPins: ['h11==0.16.0'],
    clauses: ['wire/rfc9112/chunk-data-terminator'],
  },
  {
    id: 'state-shared-on-a-connection',
    summary: 'The requests of one connection shared their copy of the state.',
    link: `${CHANGES}/cd992f8`,
    bad: '0.17.3',
    fixed: '0.18.0',
    clauses: ['lifespan/state/shallow-copy'],
  },
])
