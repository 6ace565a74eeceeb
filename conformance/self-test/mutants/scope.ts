import { scopes, without } from '../sabotage/application.ts'
import type { Mutant } from './mutant.ts'

/** Scopes of the wrong shape (asgi.rst, "Connection Scope"; www.rst, "HTTP Connection Scope"). */
export const scopeMutants: readonly Mutant[] = [
  {
    id: 'scope/type-absent',
    property: 'http/scope/type',
    clause: 'asgi/scope/type-present',
    breaks: 'HTTP scopes have no type',
    sabotage: scopes((scope) => without(scope, 'type')),
  },
  {
    id: 'scope/type-https',
    property: 'http/scope/type',
    clause: 'http/scope/type',
    breaks: 'HTTP scopes are announced with the type "https"',
    sabotage: scopes((scope) => ({ ...scope, type: 'https' })),
  },
  {
    id: 'scope/asgi-version-absent',
    property: 'http/scope/type',
    clause: 'asgi/scope/asgi-version',
    breaks: 'the scope does not say which version of ASGI it is',
    sabotage: scopes((scope) => ({ ...scope, asgi: { spec_version: '2.5' } })),
  },
  {
    id: 'scope/spec-version-number',
    property: 'http/scope/type',
    clause: 'http/scope/spec-version',
    breaks: 'spec_version is a number',
    sabotage: scopes((scope) => ({ ...scope, asgi: { version: '3.0', spec_version: 2.5 } })),
  },
  {
    id: 'scope/scheme-https',
    property: 'http/scope/type',
    clause: 'http/scope/scheme',
    breaks: 'a plain connection is announced as https',
    sabotage: scopes((scope) => ({ ...scope, scheme: 'https' })),
  },
  {
    id: 'scope/root-path-slash',
    property: 'http/scope/type',
    clause: 'http/scope/root-path',
    breaks: 'an application that is mounted nowhere gets the root_path "/"',
    sabotage: scopes((scope) => ({ ...scope, root_path: '/' })),
  },
  {
    id: 'scope/extensions-list',
    property: 'http/scope/type',
    clause: 'asgi/extensions/dict',
    breaks: 'extensions are a list of names',
    sabotage: scopes((scope) => ({ ...scope, extensions: ['http.response.push'] })),
  },
  {
    id: 'scope/path-as-bytes',
    property: 'http/scope/type',
    clause: 'asgi/types/strings-and-bytes',
    breaks: 'path is a byte string',
    sabotage: scopes((scope) => ({ ...scope, path: scope['raw_path'] })),
  },
  {
    id: 'scope/method-lower-case',
    property: 'http/scope/method',
    clause: 'http/scope/method',
    breaks: 'the method is in lower case',
    sabotage: scopes((scope) => ({ ...scope, method: String(scope['method']).toLowerCase() })),
  },
  {
    id: 'scope/http-version-constant',
    property: 'http/scope/http-version',
    clause: 'http/scope/http-version',
    breaks: 'every request is announced as HTTP/1.1',
    sabotage: scopes((scope) => ({ ...scope, http_version: '1.1' })),
  },
  {
    id: 'scope/client-port-as-text',
    property: 'http/scope/addresses',
    clause: 'http/scope/client',
    breaks: "the client's port is a Unicode string",
    sabotage: scopes((scope) => ({ ...scope, client: ends(scope['client']).map(String) })),
  },
  {
    id: 'scope/server-is-client',
    property: 'http/scope/addresses',
    clause: 'http/scope/server',
    breaks: "server holds the client's address",
    sabotage: scopes((scope) => ({ ...scope, server: scope['client'] })),
  },
]

function ends(address: unknown): readonly unknown[] {
  return Array.isArray(address) ? address : []
}
