import type { ChalkInstance } from 'chalk'
import type { RecordedMeasurement } from '../../reports/record/record.ts'
import { formatInterval, formatQuantity } from '../../reports/renderers/quantities.ts'
import { formatTable } from './table.ts'

/** One line for each number: its estimate, its interval, and why it may not be believed. */
export function describeMeasurements(
  measurements: readonly RecordedMeasurement[],
  pen: ChalkInstance,
): string {
  return formatTable(measurements.map((measurement) => row(measurement, pen)))
}

function row(measurement: RecordedMeasurement, pen: ChalkInstance): readonly string[] {
  const { metric, statistic, profile, subject, estimate, interval, dimension } = measurement
  const name = [profile, metric, statistic, subject === 'target' ? '' : pen.dim(subject)]
  if (estimate === null)
    return [...name, pen.yellow('NOT_RUN'), pen.dim(firstLine(measurement.reason ?? ''))]
  return [
    ...name,
    pen.bold(formatQuantity(estimate, dimension)),
    interval === null ? '' : pen.dim(formatInterval(interval, dimension, estimate)),
    pen.yellow(measurement.blockers.map(({ message }) => message).join(' ')),
  ]
}

/** A reason may quote the log of a server; the report has all of it. */
function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
