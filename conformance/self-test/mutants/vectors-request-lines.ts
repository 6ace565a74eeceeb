import { scopes } from '../sabotage/application.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Request lines that must be refused or read just so, mended or spoilt (RFC 9112 §2.2, §2.3, §3). */
export const requestLineMutants: readonly Mutant[] = [
  {
    id: 'request-line/mended',
    property: 'wire/rfc9112/invalid-request-line',
    clause: 'wire/rfc9112/invalid-request-line',
    breaks: 'what is missing in a request line is filled in',
    sabotage: firstLines((line) => (/^\S* ?\S* ?$/.test(line) ? 'GET / HTTP/1.1' : line)),
  },
  {
    id: 'request-line/asterisk-with-any-method',
    property: 'wire/rfc9112/invalid-request-line',
    clause: 'wire/rfc9112/asterisk-form-options-only',
    breaks: 'an asterisk is taken for the root with every method',
    sabotage: firstLines((line) => line.replace(/^(GET|POST) \* /, '$1 / ')),
  },
  {
    id: 'request-line/authority-with-any-method',
    property: 'wire/rfc9112/invalid-request-line',
    clause: 'wire/rfc9112/authority-form-connect-only',
    breaks: 'host and port are taken for the root with every method',
    sabotage: firstLines((line) => line.replace(/^(GET|POST) (?:[\d.]+|\[[^\]]+\]):\d+ /, '$1 / ')),
  },
  {
    id: 'request-line/any-version',
    property: 'wire/rfc9112/version-syntax',
    clause: 'wire/rfc9112/version-syntax',
    breaks: 'whatever stands where the version should is taken for HTTP/1.1',
    sabotage: firstLines((line) => line.replace(/^(\S+ \S+) .*$/, '$1 HTTP/1.1')),
  },
  {
    id: 'request-line/controls-removed',
    property: 'wire/rfc9112/grammar-mismatch',
    clause: 'wire/rfc9112/grammar-mismatch',
    breaks: 'control characters in a request line are skipped',
    sabotage: firstLines((line) => line.replaceAll(CONTROLS, '')),
  },
  {
    id: 'request-line/absolute-form-refused',
    property: 'wire/rfc9112/absolute-form',
    clause: 'wire/rfc9112/absolute-form',
    breaks: 'a target in absolute form is refused',
    sabotage: firstLines((line) => line.replace(/ http:/i, ' \x01http:')),
  },
  {
    id: 'request-line/leading-empty-line-refused',
    property: 'wire/rfc9112/leading-empty-line',
    clause: 'wire/rfc9112/leading-empty-line',
    breaks: 'an empty line before the request line is refused',
    sabotage: requests((bytes) => bytes.replace(/^\r\n/, '?\r\n')),
  },
  {
    id: 'request-line/long-path-cut',
    property: 'wire/rfc9112/request-line-8000',
    clause: 'wire/rfc9112/request-line-8000',
    breaks: 'of a long path only the beginning is passed on',
    sabotage: scopes((scope) => ({ ...scope, path: String(scope['path']).slice(0, 1000) })),
  },
  {
    id: 'request-line/upgrade-refused',
    property: 'wire/rfc9110/upgrade-only-to-offered',
    clause: 'wire/rfc9110/upgrade-only-to-offered',
    breaks: 'a request that offers an unknown protocol is refused',
    sabotage: requests((bytes) => bytes.replace('\r\nUpgrade:', '\r\nUpgrade :')),
  },
]

const CONTROLS = new RegExp(String.raw`[\0-\x08\x0e-\x1f\x7f]`, 'g')

/** Changes the first line of what arrives, which is a request line unless a request came in pieces. */
function firstLines(edit: (line: string) => string): Mutant['sabotage'] {
  return requests((bytes) => bytes.replace(/^[^\r\n]+(?=\r\n)/, edit))
}
