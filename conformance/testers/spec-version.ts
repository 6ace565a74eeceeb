import { isDict, type PyDict } from './values.ts'

/** True when the scope claims at least this version of the HTTP and WebSocket specification: `2.4`. */
export function claims(scope: PyDict, version: string): boolean {
  const [major, minor] = parts(claimedVersion(scope))
  const [leastMajor, leastMinor] = parts(version)
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
}

/** www.rst: a scope without spec_version means 2.0. */
export function claimedVersion({ asgi }: PyDict): string {
  const version = isDict(asgi) ? asgi['spec_version'] : undefined
  return typeof version === 'string' ? version : '2.0'
}

function parts(version: string): readonly [major: number, minor: number] {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return [major, minor]
}
