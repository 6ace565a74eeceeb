import type { LoadRun } from '../../../../evidence/load.ts'
import { formatNumber } from '../../quantities.ts'
import { html, type Markup } from '../markup.ts'
import { chart, figure, PLOT } from './frame.ts'
import { linear, niceTicks, px } from './scale.ts'

/** Answered requests a second, one mark per server start: how much the starts differ is what it shows. */
export function throughputChart(runs: readonly LoadRun[], profile: string): Markup {
  const rates = runs.flatMap((run) => run.starts.map((start) => start.achievedRate))
  const yTicks = niceTicks(Math.max(...rates), 4)
  const starts = Math.max(...runs.map((run) => run.starts.length))
  const x = linear([0.5, starts + 0.5], [PLOT.left, PLOT.width - PLOT.right])
  const y = linear([0, yTicks.at(-1) ?? 1], [PLOT.height - PLOT.bottom, PLOT.top + 8])
  const numbers = Array.from({ length: starts }, (_, index) => index + 1)
  const svg = chart({
    id: `chart-throughput-${profile}`,
    description: `Throughput of each server start under the profile ${profile}`,
    x: { scale: x, ticks: numbers.map((at) => ({ at, label: String(at) })), title: 'start' },
    y: {
      scale: y,
      ticks: yTicks.map((at) => ({ at, label: formatNumber(at) })),
      title: 'requests a second',
    },
    body: html`${runs.map((run) => marks(run, x, y))}`,
  })
  return figure('Throughput of each start', svg)
}

function marks(run: LoadRun, x: (value: number) => number, y: (value: number) => number): Markup {
  const last = run.starts.at(-1)
  return html`${run.starts.map((start, index) => {
    const [cx, cy] = [x(index + 1), y(start.achievedRate)]
    // A round mark for the target, a square one for the yardstick: the form tells them apart.
    return run.subject === 'target'
      ? html`<circle class="mark target" cx="${px(cx)}" cy="${px(cy)}" r="4.5"/>`
      : html`<rect class="mark yardstick" x="${px(cx - 4)}" y="${px(cy - 4)}" width="8" height="8"/>`
  })}
${
  last === undefined
    ? null
    : html`<text class="name ${run.subject}-name" x="${px(x(run.starts.length) + 14)}" y="${px(y(last.achievedRate))}" dy="0.32em">${run.subject}</text>`
}`
}
