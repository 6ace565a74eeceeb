import { bugsOf, type HistoricalBug } from './recall.ts'

const CHANGES = 'https://github.com/django/daphne/commit'

/** Bugs of daphne, from the oldest fix to the newest. */
export const daphneBugs: readonly HistoricalBug[] = bugsOf('daphne', [
  {
    id: 'watch-ended-by-cancellation',
    summary: 'After an application call that was cancelled no error of any other was noticed.',
    link: `${CHANGES}/aae0870`,
    bad: '3.0.0',
    fixed: '3.0.1',
    clauses: ['process/application-error-survived'],
  },
  {
    id: 'websocket-root-path',
    summary: 'WebSocket scopes did not tell the root path.',
    link: `${CHANGES}/9a282dd`,
    bad: '4.0.0',
    fixed: '4.1.0',
    clauses: ['websocket/scope/root-path'],
  },
  {
    id: 'header-name-unchecked',
    summary: 'Header names that are no token were passed on.',
    link: `${CHANGES}/ef24796`,
    bad: '4.0.0',
    fixed: '4.1.0',
    pins: ['twisted==22.4.0'],
    clauses: ['wire/rfc9110/field-name-token'],
  },
  {
    id: 'content-length-with-sign',
    summary: 'Twisted took a sign and other decorations for part of a length (CVE-2022-24801).',
    link: 'https://github.com/twisted/twisted/security/advisories/GHSA-c2jg-hw38-jrqq',
    bad: '3.0.1',
    fixed: '3.0.2',
    pins: ['twisted==22.2.0'],
    fixedPins: ['twisted==22.4.0'],
    clauses: ['wire/rfc9112/invalid-content-length'],
  },
  {
    id: 'pipelined-requests-lost',
    summary: 'Twisted answered pipelined requests out of order (CVE-2023-46137).',
    link: 'https://github.com/twisted/twisted/security/advisories/GHSA-xc8x-vp79-p3wm',
    bad: '4.0.0',
    fixed: '4.1.0',
    pins: ['twisted==23.8.0'],
    fixedPins: ['twisted==23.10.0'],
    clauses: ['wire/rfc9112/pipelining-order', 'http/scope/one-per-request'],
  },
  {
    id: 'header-value-split',
    summary:
      'Line ends other than CRLF in a header value of a handshake made headers (CVE-2026-44546).',
    link: `${CHANGES}/2628b7b`,
    bad: '4.2.1',
    fixed: '4.2.2',
    clauses: ['wire/rfc9110/field-value-other-ctl'],
  },
  {
    id: 'message-without-limit',
    summary: 'A WebSocket message had no limit (CVE-2026-44545).',
    link: `${CHANGES}/32f8be0`,
    bad: '4.2.1',
    fixed: '4.2.2',
    clauses: ['wire/rfc6455/message-size-limited'],
  },
  {
    id: 'chunk-size-decorated',
    summary: 'Twisted took prefixes and signs for part of a chunk size (CVE-2022-24801).',
    link: 'https://github.com/twisted/twisted/security/advisories/GHSA-c2jg-hw38-jrqq',
    bad: '3.0.1',
    fixed: '3.0.2',
    pins: ['twisted==22.2.0'],
    fixedPins: ['twisted==22.4.0'],
    clauses: ['wire/rfc9112/chunk-size-invalid'],
  },
  {
    id: 'request-line-lenient',
    summary: 'Twisted took request lines with odd versions and characters.',
    link: 'https://github.com/twisted/twisted/blob/trunk/NEWS.rst',
    bad: '4.2.0',
    fixed: '4.2.1',
    pins: ['twisted==24.3.0'],
    fixedPins: ['twisted==24.7.0'],
    clauses: ['wire/rfc9112/version-syntax'],
  },
])
