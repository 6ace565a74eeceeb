import type { Trial } from '../../testers/trial.ts'

/** The clauses that `judgeValues` judges. */
export const VALUES = [
  'http/scope/headers-as-provided',
  'http/scope/headers-values-in-order',
  'http/scope/headers-duplicates',
] as const

const [PROVIDED, IN_ORDER, DUPLICATES] = VALUES

/** Each value of one name once, in the order in which the client sent them; what differs is named for what it is. */
export function judgeValues(
  trial: Trial,
  name: string,
  sent: readonly string[],
  got: readonly string[],
): void {
  const expected = `${name}: ${JSON.stringify(sent)}`
  const check = (clause: string, holds: boolean): void => {
    trial.check(clause, holds, expected, () => JSON.stringify(got))
  }
  const same = got.length === sent.length && got.every((value, index) => value === sent[index])
  check(PROVIDED, same)
  if (sent.length < 2) return
  check(IN_ORDER, same || sorted(got) !== sorted(sent))
  check(DUPLICATES, got.length === sent.length)
}

function sorted(values: readonly string[]): string {
  return JSON.stringify(values.toSorted())
}
