import type { LoadRun } from '../../../../evidence/load.ts'
import { formatNumber, unitFor } from '../../quantities.ts'
import { html, type Markup } from '../markup.ts'
import { type ChartLimit, chart, figure, limitLines, namedLine, nearLimits, PLOT } from './frame.ts'
import { linear, niceTicks } from './scale.ts'

const QUANTILES = [
  { at: 0, label: 'min' },
  { at: 0.5, label: 'p50' },
  { at: 0.9, label: 'p90' },
  { at: 0.99, label: 'p99' },
  { at: 0.999, label: 'p99.9' },
  { at: 0.9999, label: 'p99.99' },
]

/** Each nine takes the same room, as in the plots of HdrHistogram: the tail is what matters. */
const nines = (quantile: number): number => -Math.log10(Math.max(1 - quantile, 1e-4))

/** Latency by percentile of the target and the yardstick, in seconds, with what is allowed. */
export function percentileChart(
  runs: readonly LoadRun[],
  limits: readonly ChartLimit[],
  profile: string,
): Markup {
  const drawn = runs.map((run) => ({ run, points: run.percentiles.filter(([q]) => q <= 0.9999) }))
  const highest = Math.max(...drawn.flatMap(({ points }) => points.map(([, seconds]) => seconds)))
  const unit = unitFor('time', highest)
  const top = Math.max(highest, ...nearLimits(limits, highest).map(({ value }) => value))
  const ticks = niceTicks(top / unit.factor, 4)
  const x = linear([0, 4], [PLOT.left, PLOT.width - PLOT.right])
  const y = linear([0, ticks.at(-1) ?? 1], [PLOT.height - PLOT.bottom, PLOT.top + 8])
  const onX = (quantile: number): number => x(nines(quantile))
  const onY = (seconds: number): number => y(seconds / unit.factor)
  const svg = chart({
    id: `chart-latency-${profile}`,
    description: `Latency by percentile under the profile ${profile}`,
    x: { scale: onX, ticks: QUANTILES, title: 'share of requests answered' },
    y: {
      scale: y,
      ticks: ticks.map((at) => ({ at, label: formatNumber(at) })),
      title: `latency (${unit.symbol})`,
    },
    body: html`${limitLines(limits, highest, onY)}
${drawn.map(({ run, points }) =>
  namedLine(
    points.map(([quantile, seconds]) => [onX(quantile), onY(seconds)] as const),
    run.subject,
    run.subject,
  ),
)}`,
  })
  return figure('Latency by percentile', svg, limits, highest)
}
