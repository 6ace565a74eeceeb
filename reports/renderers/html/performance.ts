import type { LoadRun } from '../../../evidence/load.ts'
import type {
  MeasurementCriterionResult,
  RecordedMeasurement,
  ValidationRecord,
} from '../../record/record.ts'
import {
  formatCount,
  formatInterval,
  formatNumber,
  formatQuantity,
  formatShare,
} from '../quantities.ts'
import { measurementAnchor } from './anchors.ts'
import type { ChartLimit } from './charts/frame.ts'
import { memoryChart } from './charts/memory.ts'
import { percentileChart } from './charts/percentiles.ts'
import { throughputChart } from './charts/throughput.ts'
import { html, type Markup } from './markup.ts'
import { badge, rawLink, table } from './parts.ts'

/** What the target does under load: charts of every profile, then every number with its limit. */
export function performance(record: ValidationRecord): Markup {
  if (record.runs.length === 0 && record.measurements.length === 0) {
    return html`<p>The target was not put under load in this run.</p>`
  }
  const profiles = [...new Set(record.runs.map((run) => run.profile))]
  return html`${measurementTable(record)}
${profiles.map((profile) => profileCharts(profile, record))}`
}

function profileCharts(profile: string, record: ValidationRecord): Markup {
  const runs = record.runs.filter((run) => run.profile === profile)
  const ran = runs.filter((run) => run.reason === null && run.starts.length > 0)
  const target = ran.find((run) => run.subject === 'target')
  const latency = ran.filter((run) => run.percentiles.length > 0)
  return html`<h3>Profile ${profile}</h3>
${runs.map(conditions)}
<div class="charts">
${latency.length === 0 ? null : percentileChart(latency, limitsOn('latency', profile, record), profile)}
${ran.length === 0 ? null : throughputChart(ran, profile)}
${target?.starts.some((start) => start.memory.length > 0) ? memoryChart(target, limitsOn('memory_pss', profile, record)) : null}
</div>
`
}

function conditions(run: LoadRun): Markup {
  const stated = Object.entries(run.conditions)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name} ${value}`)
  const seconds = run.starts[0]?.seconds
  const extent =
    seconds === undefined ? [] : [`${run.starts.length} starts of ${formatNumber(seconds)} s each`]
  const words = [`${run.model} model`, `${run.engine} ${run.engineVersion}`, ...stated, ...extent]
  return html`<p class="note conditions"><b>${run.subject}</b>: ${words.join(' · ')}${
    run.raw === null ? null : html` · ${rawLink(run.raw)}`
  }</p>
${run.reason === null ? null : html`<p>${badge('NOT_RUN')} ${run.reason}</p>`}`
}

/** What the requirements allow of a metric under a profile. */
const limitsOn = (
  metric: string,
  profile: string,
  record: ValidationRecord,
): readonly ChartLimit[] =>
  criteria(record)
    .filter((criterion) => criterion.metric === metric && criterion.profile === profile)
    .map(({ limit, statistic }) => ({
      value: limit.value,
      text: `limit of ${statistic}: ${limit.text}`,
    }))

function criteria(record: ValidationRecord): readonly MeasurementCriterionResult[] {
  return record.requirements
    .flatMap((requirement) => requirement.criteria)
    .filter((criterion) => criterion.kind === 'measurement')
}

function measurementTable(record: ValidationRecord): Markup {
  return table(
    'Measurements',
    ['Measurement', 'Estimate', 'Interval', 'Limit', 'Margin', 'n', 'Starts', 'Verdict'],
    record.measurements.map((measurement) => measurementRow(measurement, record)),
    'measurements',
  )
}

function measurementRow(measurement: RecordedMeasurement, record: ValidationRecord): Markup {
  const { id, dimension, estimate, interval, subject } = measurement
  const judged =
    subject === 'target'
      ? criteria(record).find(
          (criterion) => criterion.measurement === id && criterion.engine === measurement.engine,
        )
      : undefined
  const anchor = subject === 'target' ? html` id="${measurementAnchor(id)}"` : null
  const note = measurement.reason ?? measurement.blockers.map(({ message }) => message).join(' ')
  return html`<tr${anchor}>
<td><b>${measurement.metric}</b>, ${measurement.statistic}<br><span class="note">${measurement.profile}, ${measurement.engine}, ${subject}${
    measurement.raw === null ? null : html` · ${rawLink(measurement.raw)}`
  }</span>${note === '' ? null : html`<br><span class="note">${note}</span>`}</td>
<td class="number">${estimate === null ? '–' : formatQuantity(estimate, dimension)}</td>
<td class="number">${
    interval === null
      ? '–'
      : html`${formatInterval(interval, dimension, estimate ?? 0)}<br><span class="note">${formatShare(interval.confidence)}, ${interval.method}</span>`
  }</td>
<td class="number">${judged === undefined ? '–' : `${judged.limit.comparison} ${judged.limit.text}`}</td>
<td class="number">${marginOf(judged)}</td>
<td class="number">${formatCount(measurement.samples)}</td>
<td class="number">${measurement.perStart.length}</td>
<td>${judged === undefined ? '–' : badge(judged.verdict)}</td>
</tr>
`
}

const marginOf = (judged: MeasurementCriterionResult | undefined): string =>
  judged === undefined || judged.margin === null ? '–' : formatShare(judged.margin)
