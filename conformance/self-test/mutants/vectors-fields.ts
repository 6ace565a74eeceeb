import { headersOf, scopes, withHeaders } from '../sabotage/application.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** Header lines that must be refused or read just so, mended or spoilt (RFC 9112 §2.2, §3.2, §5). */
export const fieldVectorMutants: readonly Mutant[] = [
  {
    id: 'fields/host-not-required',
    property: 'wire/rfc9112/missing-host',
    clause: 'wire/rfc9112/missing-host',
    breaks: 'a request without Host is served',
    sabotage: requests((bytes) =>
      /\r\nHost:/i.test(bytes) ? bytes : bytes.replace('\r\n', '\r\nHost: invented\r\n'),
    ),
  },
  {
    id: 'fields/host-not-accepted',
    property: 'wire/rfc9112/missing-host',
    clause: 'wire/rfc9112/missing-host',
    breaks: 'a request with a Host of one letter is refused',
    sabotage: requests((bytes) => bytes.replace('\r\nHost: a\r\n', '\r\n')),
  },
  {
    id: 'fields/second-host-ignored',
    property: 'wire/rfc9112/duplicate-host',
    clause: 'wire/rfc9112/duplicate-host',
    breaks: 'a second Host line is ignored',
    sabotage: requests((bytes) => bytes.replace(/(\r\nHost: [^\r]*)\r\nHost: [^\r]*/i, '$1')),
  },
  {
    id: 'fields/space-before-colon-removed',
    property: 'wire/rfc9112/space-before-colon',
    clause: 'wire/rfc9112/space-before-colon',
    breaks: 'whitespace between field name and colon is overlooked',
    sabotage: requests((bytes) => bytes.replace(/(\r\n[\w-]+)[\t ]+:/, '$1:')),
  },
  {
    id: 'fields/host-never-read',
    property: 'wire/rfc9112/invalid-host',
    clause: 'wire/rfc9112/invalid-host',
    breaks: 'a Host with any value is taken',
    sabotage: requests((bytes) => bytes.replace(/\r\nHost:[^\r]*/i, '\r\nHost: a')),
  },
  {
    id: 'fields/any-literal',
    property: 'wire/rfc9112/invalid-host',
    clause: 'wire/rfc9112/invalid-host',
    breaks: 'whatever stands in brackets is an address of Host',
    sabotage: requests((bytes) => bytes.replace(/\r\nHost: \[[\w.:]*\](?=[:\r])/i, '\r\nHost: a')),
  },
  {
    id: 'fields/any-name',
    property: 'wire/rfc9110/field-name-token',
    clause: 'wire/rfc9110/field-name-token',
    breaks: 'header lines whose name is no token are taken',
    sabotage: requests((bytes) =>
      bytes.replaceAll(
        /\r\n(?![\w!#$%&'*+.^`|~-]+[\t ]*:|\r)[^\r]*(?=\r\n[^]*\r\n\r\n)/g,
        '\r\nX-Any: 1',
      ),
    ),
  },
  {
    id: 'fields/nul-removed',
    property: 'wire/rfc9110/field-value-ctl',
    clause: 'wire/rfc9110/field-value-ctl',
    breaks: 'NUL in a field value disappears without a trace',
    sabotage: requests((bytes) => bytes.replaceAll('\0', '')),
  },
  {
    id: 'fields/values-padded',
    property: 'wire/rfc9110/field-value-whitespace',
    clause: 'wire/rfc9110/field-value-whitespace',
    breaks: 'field values in ASCII keep the space behind the colon',
    sabotage: scopes((scope) =>
      withHeaders(
        scope,
        headersOf(scope).map(([name, value]) => [
          name,
          /^[\x20-\x7e]*$/.test(value) ? ` ${value}` : value,
        ]),
      ),
    ),
  },
  {
    id: 'fields/folds-unfolded',
    property: 'wire/rfc9112/obs-fold',
    clause: 'wire/rfc9112/obs-fold',
    breaks: 'a folded line is read as a line of its own',
    sabotage: requests((bytes) => bytes.replaceAll(/(\r\n[\w-]+:[^\r]*\r\n)[\t ]+/g, '$1')),
  },
  {
    id: 'fields/space-before-first-ignored',
    property: 'wire/rfc9112/space-before-first-field',
    clause: 'wire/rfc9112/space-before-first-field',
    breaks: 'whitespace before the first header line is skipped and the line read',
    sabotage: requests((bytes) => bytes.replace(/^([^\r]* HTTP\/1\.1\r\n)[\t ]+/, '$1')),
  },
  {
    id: 'fields/bare-cr-ends-lines',
    property: 'wire/rfc9112/bare-cr',
    clause: 'wire/rfc9112/bare-cr',
    breaks: 'a CR alone ends a line',
    sabotage: requests((bytes) => bytes.replaceAll(/\r(?!\n)/g, '\r\n')),
  },
  {
    id: 'fields/bare-lf-is-space',
    property: 'wire/rfc9112/bare-lf',
    clause: 'wire/rfc9112/bare-lf',
    breaks: 'an LF alone joins two header lines',
    sabotage: requests((bytes) => bytes.replaceAll(/(?<!\r)\n/g, ' ')),
  },
  {
    id: 'fields/long-values-cut',
    property: 'wire/rfc9110/fields-too-large',
    clause: 'wire/rfc9110/fields-too-large',
    breaks: 'of a long field value only the beginning is passed on',
    sabotage: scopes((scope) =>
      withHeaders(
        scope,
        headersOf(scope).map(([name, value]) => [name, value.slice(0, 1000)]),
      ),
    ),
  },
]
