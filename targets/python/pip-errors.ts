import { InfrastructureError } from '../../evidence/errors.ts'

/** What pip said; see `ProcessOutcome`. */
interface PipOutcome {
  readonly code: number | null
  readonly output: string
  readonly tail: string
}

const UNREACHABLE =
  /NewConnectionError|NameResolutionError|ConnectTimeout|Max retries exceeded|Network is unreachable|Temporary failure in name resolution|ProxyError|SSLError|Connection refused/

/** Why an installation failed: the index is out of reach, it has no such release, or the build broke. */
export function explainPip(
  requirements: readonly string[],
  outcome: PipOutcome,
): InfrastructureError {
  const input = `pip install ${requirements.join(' ')}`
  if (UNREACHABLE.test(outcome.output)) {
    return new InfrastructureError({
      code: 'install/no-network',
      input,
      rule: 'The package index could not be reached, and nothing that fits is in the cache.',
      cure: 'Restore the connection (or pip’s proxy and index settings), then run again; what was installed once is reused without network.',
    })
  }
  if (/has invalid metadata/.test(outcome.output)) {
    return new InfrastructureError({
      code: 'install/legacy-metadata',
      input,
      rule: 'The metadata of this release are of a form that pip refuses since its version 24.1.',
      cure: 'Name a Python in ASSAY_PYTHON that brings an older pip: python3.11.',
    })
  }
  const missing = /No matching distribution found for ([^\s]+)/.exec(outcome.output)?.[1]
  if (missing !== undefined) return unknownVersion(input, missing, outcome.output)
  if (outcome.code === null) {
    return new InfrastructureError({
      code: 'install/too-slow',
      input,
      rule: 'The installation was killed because it did not end in time.',
      cure: 'Run it again, or pin dependencies that have binary wheels with --with PKG==VERSION.',
    })
  }
  return new InfrastructureError({
    code: 'install/failed',
    input,
    rule: `pip ended with code ${outcome.code}: ${outcome.tail}`,
    cure: 'Pin dependencies that suit the release with --with PKG==VERSION.',
  })
}

function unknownVersion(input: string, missing: string, output: string): InfrastructureError {
  const offered = /\(from versions: ([^)]*)\)/.exec(output)?.[1] ?? 'none'
  const newest = offered === 'none' ? [] : offered.split(', ').slice(-5).toReversed()
  return new InfrastructureError({
    code: newest.length === 0 ? 'install/unknown-package' : 'install/unknown-version',
    input,
    rule: `The package index offers no ${missing} for this Python.`,
    cure:
      newest.length === 0
        ? 'Check its name, and the Python it needs.'
        : `Newest releases there: ${newest.join(', ')}.`,
  })
}
