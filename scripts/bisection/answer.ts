import { compareVersions } from '../../targets/version.ts'
import type { Bisection, Change, Step } from './bisection.ts'
import type { Range } from './range.ts'

type Heard = Omit<Bisection, 'answer'>

/** What was found, in one or two sentences, and what it rests on. */
export function answerOf(heard: Heard, range: Range): string {
  return [contradiction(heard.steps, range), finding(heard), reach(heard)]
    .filter((part) => part !== '')
    .join(' ')
}

/** The user's word is checked, not believed. */
function contradiction(steps: readonly Step[], { good, bad }: Range): string {
  const expected = [
    { version: good, standing: 'bad', word: 'good' },
    { version: bad, standing: 'good', word: 'bad' },
  ]
  return steps
    .flatMap(({ version, standing, verdict }) =>
      expected
        .filter((one) => one.version === version && one.standing === standing)
        .map(({ word }) => `${version} was given as ${word}, and is ${verdict}.`),
    )
    .join(' ')
}

function finding({ changes, steps, complete }: Heard): string {
  if (!complete) return 'The search was stopped before it came to an end.'
  if (changes.length > 0) return changes.map(sentence).join(' ')
  const judged = steps.filter(({ standing }) => standing !== 'unknown')
  const [one] = judged
  if (one === undefined) return `No release could be judged. ${obstacles(steps)}`
  const names = judged.map(({ version }) => version).join(', ')
  const same = `No change was found: ${names} ${judged.length === 1 ? 'is' : 'are all'} ${one.verdict}.`
  return `${same} ${obstacles(steps)}`.trim()
}

/** Why releases that were tried could not be judged: each reason once. */
function obstacles(steps: readonly Step[]): string {
  const byReason = new Map<string, string[]>()
  for (const { version, standing, verdict, reason } of steps) {
    if (standing !== 'unknown') continue
    const why = `${verdict}: ${(reason ?? 'no reason given').replace(/[.:]+$/, '')}`
    byReason.set(why, [...(byReason.get(why) ?? []), version])
  }
  return [...byReason].map(([why, versions]) => `${versions.join(', ')} ${why}.`).join(' ')
}

/** "0.51.0 FAIL, 0.52.0 PASS: the first good release is 0.52.0." */
function sentence({ turns, version, before, unjudged }: Change): string {
  const [was, is] = turns === 'good' ? ['FAIL', 'PASS'] : ['PASS', 'FAIL']
  const certain = `${before} ${was}, ${version} ${is}: the first ${turns} release`
  if (unjudged.length === 0) return `${certain} is ${version}.`
  return `${certain} is ${version}, or one of those between them that cannot be judged: ${unjudged.join(', ')}.`
}

/** What a search leaves open. */
function reach({ steps, range, every, changes }: Heard): string {
  if (every || changes.length === 0) return ''
  const judged = steps.filter(({ standing }) => standing !== 'unknown')
  const versions = judged.map(({ version }) => version).toSorted(compareVersions)
  return `${judged.length} of ${range.releases} releases were judged, from ${versions[0]} to ${versions.at(-1)}; that there is only this one change between them is an assumption (--every does without it).`
}
