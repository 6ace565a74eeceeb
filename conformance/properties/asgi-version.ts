import type { Judge } from '../judge/judge.ts'
import { isDict, type PyValue, show } from '../testers/values.ts'

/** asgi.rst: the version that brought the call with scope, receive and send, which is how the probe is called. */
const SINGLE_CALLABLE = '3.0'

/** What `scope["asgi"]` says of the server, under each of these clauses. */
export function judgeAsgiVersion(
  judge: Pick<Judge, 'check'>,
  clauses: readonly string[],
  asgi: PyValue | undefined,
): void {
  const version = isDict(asgi) ? asgi['version'] : undefined
  for (const clause of clauses)
    judge.check(
      clause,
      version === SINGLE_CALLABLE,
      `asgi["version"], a Unicode string: ${show(SINGLE_CALLABLE)}`,
      () => show(asgi),
    )
}
