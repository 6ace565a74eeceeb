import { posix } from 'node:path'
import {
  bytesOf,
  type Dict,
  headersOf,
  scopes,
  textOf,
  withHeaders,
} from '../sabotage/application.ts'
import { requests } from '../sabotage/wire.ts'
import type { Mutant } from './mutant.ts'

/** The request target and the header fields, read wrongly (www.rst, "HTTP Connection Scope"). */
export const scopeTargetMutants: readonly Mutant[] = [
  {
    id: 'scope/path-not-decoded',
    property: 'http/scope/path',
    clause: 'http/scope/path',
    breaks: 'path keeps its percent-encoding',
    sabotage: scopes((scope) => ({ ...scope, path: textOf(scope['raw_path']) })),
  },
  {
    id: 'scope/path-latin1',
    property: 'http/scope/path',
    clause: 'http/scope/path',
    breaks: 'the bytes of path are read as Latin-1',
    sabotage: scopes((scope) => ({
      ...scope,
      path: Buffer.from(String(scope['path']), 'utf8').toString('latin1'),
    })),
  },
  {
    id: 'scope/absolute-form-forgotten',
    property: 'config/absolute-form-host',
    clause: 'config/absolute-form-host',
    breaks: 'of a target in absolute form only the path is read',
    sabotage: requests((bytes) => bytes.replace(/^(\w+) http:\/\/[^/]+\//, '$1 /')),
  },
  {
    id: 'scope/path-normalised',
    property: 'http/scope/path/dot-segments',
    clause: 'http/scope/path',
    breaks: 'dot segments are taken out of path, as if it were a reference to resolve',
    sabotage: scopes((scope) => ({ ...scope, path: posix.normalize(String(scope['path'])) })),
  },
  {
    id: 'scope/raw-path-decoded',
    property: 'http/scope/raw-path',
    clause: 'http/scope/raw-path',
    breaks: 'raw_path is made from the decoded path',
    sabotage: scopes((scope) => ({
      ...scope,
      raw_path: Buffer.from(String(scope['path']), 'utf8'),
    })),
  },
  {
    id: 'scope/raw-path-with-query',
    property: 'http/scope/raw-path',
    clause: 'http/scope/raw-path',
    breaks: 'raw_path includes the query',
    sabotage: scopes((scope) => ({
      ...scope,
      raw_path: bytesOf(`${textOf(scope['raw_path'])}?${textOf(scope['query_string'])}`),
    })),
  },
  {
    id: 'scope/query-string-decoded',
    property: 'http/scope/query-string',
    clause: 'http/scope/query-string',
    breaks: 'query_string is percent-decoded',
    sabotage: scopes((scope) => ({
      ...scope,
      query_string: Buffer.from(decodeURIComponent(textOf(scope['query_string'])), 'utf8'),
    })),
  },
  {
    id: 'scope/query-string-with-mark',
    property: 'http/scope/query-string',
    clause: 'http/scope/query-string',
    breaks: 'query_string begins with the question mark',
    sabotage: scopes((scope) => ({
      ...scope,
      query_string: bytesOf(`?${textOf(scope['query_string'])}`),
    })),
  },
  {
    id: 'scope/headers-merged',
    property: 'http/scope/headers-values-in-order',
    clause: 'http/scope/headers-duplicates',
    breaks: 'header lines of the same name are joined with commas',
    sabotage: scopes((scope) => withHeaders(scope, [...merged(scope)])),
  },
  {
    id: 'scope/headers-reversed',
    property: 'http/scope/headers-values-in-order',
    clause: 'http/scope/headers-values-in-order',
    breaks: 'headers come in the reverse of their order on the wire',
    sabotage: scopes((scope) => withHeaders(scope, headersOf(scope).toReversed())),
  },
  {
    id: 'scope/header-lost',
    property: 'http/scope/headers-values-in-order',
    clause: 'http/scope/headers-as-provided',
    breaks: 'the last header line is lost',
    sabotage: scopes((scope) => withHeaders(scope, headersOf(scope).slice(0, -1))),
  },
  {
    id: 'scope/headers-as-text',
    property: 'http/scope/headers-bytes',
    clause: 'http/scope/headers-bytes',
    breaks: 'header names and values are Unicode strings',
    sabotage: scopes((scope) => ({ ...scope, headers: headersOf(scope) })),
  },
  {
    id: 'scope/header-values-recoded',
    property: 'http/scope/headers-bytes',
    clause: 'http/scope/headers-bytes',
    breaks: 'header values are read as Latin-1 and handed on as UTF-8',
    sabotage: scopes((scope) => ({
      ...scope,
      headers: headersOf(scope).map(([name, value]) => [bytesOf(name), Buffer.from(value)]),
    })),
  },
]

function merged(scope: Dict): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of headersOf(scope)) {
    const before = values.get(name)
    values.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return values
}
