import type { ValidationRecord } from '../../record/record.ts'
import { formatQuantity, formatShare } from '../quantities.ts'
import { VERDICT_WORDS } from '../words.ts'
import { requirementAnchor } from './anchors.ts'
import { html, type Markup } from './markup.ts'
import { badge, facts, table } from './parts.ts'

/** What was under test and what it was tested for (IEC 62304 8.1.2, 5.3.3). */
export function identification({ target, basis }: ValidationRecord): Markup {
  const packages = target.dependencies.map(({ name, version }) => `${name} ${version}`)
  return html`${facts([
    ['Target', html`<code>${target.spec}</code>`],
    ['Package', target.purl],
    ['Manufacturer', basis?.soup.manufacturer ?? null],
    ['SHA-256, as the requirements state it', basis?.soup.sha256 ?? null],
    ['Rationale', basis?.soup.rationale ?? null],
    ['Safety class', basis?.soup.safetyClass ?? null],
    ['Intended use', basis?.intendedUse ?? null],
    ['Features used', basis?.featuresUsed.join(', ') ?? null],
    ['Standards', basis?.standards.join('; ') ?? null],
    ['Capabilities it declares', target.capabilities.join(', ')],
    ['Launched with', target.args.length > 0 ? html`<code>${target.args.join(' ')}</code>` : null],
    ['Started by', target.attached ? 'its user (attached)' : 'the tool'],
    ['Resolved dependencies', packages.join(', ')],
  ])}
${
  basis === null
    ? null
    : table(
        'Software items that use it',
        ['Item', 'What it is', 'Version of the SOUP'],
        basis.items.map(
          (item) => html`<tr><td>${item.id}</td><td>${item.title}</td><td>${item.version}</td></tr>
`,
        ),
      )
}`
}

/** Hardware and software of the test (IEC 62304 9.8). */
export function environment({ environment: machine }: ValidationRecord): Markup {
  const pressure = (['cpu', 'memory', 'io'] as const).flatMap((resource) => {
    const share = machine.pressure?.[resource] ?? null
    return share === null ? [] : [`${resource} ${formatShare(share)}`]
  })
  return facts([
    ['Operating system', machine.os],
    ['Kernel', machine.kernel],
    ['Processor', `${machine.cpu.count} × ${machine.cpu.model}`],
    ['Memory', formatQuantity(machine.memoryBytes, 'memory')],
    ['Node.js', machine.node],
    ['Python', machine.python ?? 'absent'],
    ['k6', machine.k6 ?? 'absent'],
    ['Go', machine.go ?? 'absent'],
    ['Pressure at the start', pressure.length > 0 ? pressure.join(', ') : 'not told by the system'],
  ])
}

/** Each risk with the requirements whose evidence bears on it (IEC 62304 7.3.3). */
export function risks({ risks: entries }: ValidationRecord): Markup {
  return table(
    'Risks and the evidence that bears on them',
    ['Risk', 'Title', 'Requirements', 'Gravest verdict'],
    entries.map(
      (
        risk,
      ) => html`<tr><td><b class="id">${risk.id}</b></td><td>${risk.title}</td><td>${risk.requirements.map(
        (id) => html`<a href="#${requirementAnchor(id)}">${id}</a> `,
      )}</td><td>${badge(risk.verdict)}</td></tr>
`,
    ),
  )
}

/** Claims that are not the server's to keep: they get no verdict. */
export function allocated({ allocated: entries }: ValidationRecord): Markup {
  if (entries.length === 0) return html`<p>Nothing is allocated elsewhere.</p>`
  return table(
    'Not judged here: another part of the device answers for it',
    ['Topic', 'Allocated to', 'Why', 'Reference'],
    entries.map(
      (
        entry,
      ) => html`<tr><td>${entry.topic} <span class="note">(${entry.requirement})</span></td><td>${entry.to}</td><td>${entry.rationale}</td><td>${entry.reference}</td></tr>
`,
    ),
  )
}

/** The boxes to sign. The tool fills in nothing. */
export function approvals({ approvals: entries }: ValidationRecord): Markup {
  return table(
    'Approvals',
    ['Role', 'Meaning', 'Printed name', 'Signature', 'Date, time and zone'],
    entries.map(
      (
        entry,
      ) => html`<tr class="sign"><td>${entry.role}</td><td>${entry.meaning}</td><td>${entry.name ?? ''}</td><td></td><td>${entry.signedAt ?? ''}</td></tr>
`,
    ),
    'approvals',
  )
}

/** What went wrong around the run, before anything else is believed. */
export function problems({ problems: entries }: ValidationRecord): Markup | null {
  if (entries.length === 0) return null
  return html`<section class="problems" id="problems" aria-labelledby="problems-title"><h2 id="problems-title">Read this first</h2>
${entries.map(
  (
    problem,
  ) => html`<p><b>${problem.severity === 'error' ? '✗ Error' : '! Warning'}</b> <code>${problem.code}</code> · ${problem.input}: ${problem.rule} ${problem.cure}</p>
`,
)}</section>
`
}

/** How verdicts come about, so that nobody has to guess. */
export function method(): Markup {
  const words = Object.values(VERDICT_WORDS)
  return html`<p>A requirement is as good as the gravest of its criteria, in the order fail, inconclusive, not run, manual, pass; the record is as good as the gravest of its requirements. What could not be shown never counts as shown.</p>
<p>A clause is one normative sentence of a specification, in our words. It holds when no generated program broke it and at least one really exercised it; it is broken when a program failed, was shrunk, and failed again. A number passes only when the whole of its confidence interval is inside the limit and fails only when the whole is outside. Intervals count over independent starts of the server. The yardstick is the reference server of the tool, measured in the same run on the same machine.</p>
<ul class="legend">${words.map(({ sign, word, meaning }) => html`<li><b>${sign} ${word}</b>: ${meaning}</li>`)}</ul>`
}
