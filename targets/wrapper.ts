import { delimiter, join } from 'node:path'
import { packageRoot } from './package-root.ts'

/** A callable of the server's own, in Python, that takes an application and gives one back. */
export interface Wrapper {
  /** `granian.utils.proxies:wrap_asgi_with_proxy_headers` */
  readonly callable: string
  readonly keywords: Readonly<Record<string, string | number | readonly string[]>>
}

interface Wrapped {
  /** `module:attribute`, as on a command line. */
  readonly application: string
  readonly variables: Readonly<Record<string, string>>
}

/** The same application as the server is to load it, inside the wrapper. */
export function wrapped(
  application: string,
  { callable, keywords }: Wrapper,
  variables: Readonly<Record<string, string>>,
): Wrapped {
  const folder = join(packageRoot(), 'targets', 'wrapped')
  const path = variables['PYTHONPATH']
  return {
    application: 'assay_wrapped:app',
    variables: {
      ...variables,
      PYTHONPATH: path === undefined ? folder : `${path}${delimiter}${folder}`,
      ASSAY_WRAPPED: application,
      ASSAY_WRAPPER: callable,
      ASSAY_WRAPPER_ARGUMENTS: JSON.stringify(keywords),
    },
  }
}
