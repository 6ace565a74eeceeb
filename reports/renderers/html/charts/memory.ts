import type { LoadRun } from '../../../../evidence/load.ts'
import { formatNumber, unitFor } from '../../quantities.ts'
import { html, type Markup } from '../markup.ts'
import { type ChartLimit, chart, figure, limitLines, namedLine, nearLimits, PLOT } from './frame.ts'
import { linear, niceTicks } from './scale.ts'

/** Memory of the server's process tree over the measured window, one line per server start. */
export function memoryChart(run: LoadRun, limits: readonly ChartLimit[]): Markup {
  const points = run.starts.flatMap((start) => start.memory)
  const highest = Math.max(...points.map(([, bytes]) => bytes))
  const last = Math.max(...points.map(([second]) => second))
  const unit = unitFor('memory', highest)
  const top = Math.max(highest, ...nearLimits(limits, highest).map(({ value }) => value))
  const yTicks = niceTicks(top / unit.factor, 4)
  const xTicks = niceTicks(last, 5)
  const x = linear([0, xTicks.at(-1) ?? 1], [PLOT.left, PLOT.width - PLOT.right])
  const y = linear([0, yTicks.at(-1) ?? 1], [PLOT.height - PLOT.bottom, PLOT.top + 8])
  const longest = run.starts.toSorted((a, b) => b.memory.length - a.memory.length)[0]
  const svg = chart({
    id: `chart-memory-${run.profile}`,
    description: `Memory over time under the profile ${run.profile}, one line per start`,
    x: {
      scale: x,
      ticks: xTicks.map((at) => ({ at, label: formatNumber(at) })),
      title: 'time (s)',
    },
    y: {
      scale: y,
      ticks: yTicks.map((at) => ({ at, label: formatNumber(at) })),
      title: `memory, PSS (${unit.symbol})`,
    },
    body: html`${limitLines(limits, highest, (bytes) => y(bytes / unit.factor))}
${run.starts.map((start) =>
  namedLine(
    start.memory.map(([second, bytes]) => [x(second), y(bytes / unit.factor)] as const),
    start === longest ? `${run.starts.length} starts` : '',
    'target',
  ),
)}`,
  })
  return figure('Memory over time', svg, limits, highest)
}
