import { html, type Markup } from '../markup.ts'
import { px, type Scale } from './scale.ts'

/** A chart's drawing area in its own units; the page scales it. */
export const PLOT = { width: 560, height: 300, left: 64, right: 84, top: 22, bottom: 48 } as const

export interface Axis {
  readonly scale: Scale
  readonly ticks: readonly { readonly at: number; readonly label: string }[]
  readonly title: string
}

export interface Frame {
  /** Unique in the page. */
  readonly id: string
  /** What it shows, for those who cannot see it. */
  readonly description: string
  readonly x: Axis
  readonly y: Axis
  readonly body: Markup
}

/** Axes, grid and text alternative around the marks of one chart. */
export function chart({ id, description, x, y, body }: Frame): Markup {
  const { width, height, left, right, top, bottom } = PLOT
  const floor = height - bottom
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}">
<title id="${id}">${description}</title>
${y.ticks.map(({ at, label }) => {
  const level = px(y.scale(at))
  return html`<line class="grid" x1="${left}" x2="${width - right}" y1="${level}" y2="${level}"/>
<text class="tick" x="${left - 8}" y="${level}" dy="0.32em" text-anchor="end">${label}</text>`
})}
${x.ticks.map(
  ({ at, label }) =>
    html`<text class="tick" x="${px(x.scale(at))}" y="${floor + 18}" text-anchor="middle">${label}</text>`,
)}
<line class="axis" x1="${left}" x2="${width - right}" y1="${floor}" y2="${floor}"/>
<text class="axis-title" x="${left}" y="${top - 8}">${y.title}</text>
<text class="axis-title" x="${width - right}" y="${height - 6}" text-anchor="end">${x.title}</text>
${body}
</svg>`
}

/** Up to this many points are shown as points. */
const MARKED = 6

/** A line through points, with its name at its end so that no legend and no colour is needed. */
export function namedLine(
  points: readonly (readonly [x: number, y: number])[],
  name: string,
  className: string,
): Markup {
  const path = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${px(x)} ${px(y)}`).join('')
  const [x, y] = points.at(-1) ?? [0, 0]
  // A line through one point is invisible, so few points are marked as well.
  const marked = points.length <= MARKED ? points : []
  return html`<path class="${className}" d="${path}" fill="none"/>
${marked.map(([cx, cy]) => html`<circle class="mark ${className}" cx="${px(cx)}" cy="${px(cy)}" r="2.5"/>`)}
<text class="name ${className}-name" x="${px(x + 6)}" y="${px(y)}" dy="0.32em">${name}</text>`
}

/** What a requirement allows of the quantity on the y axis, in base units. */
export interface ChartLimit {
  readonly value: number
  readonly text: string
}

/** A limit this many times above the data would flatten it: the caption tells it instead. */
const FAR = 3

/** The limits that share the picture with data up to `highest`. */
export const nearLimits = (limits: readonly ChartLimit[], highest: number): readonly ChartLimit[] =>
  limits.filter(({ value }) => value <= FAR * highest)

/** Limits that share the picture with the data, as horizontal lines with their text. */
export function limitLines(limits: readonly ChartLimit[], highest: number, y: Scale): Markup {
  const { width, left, right } = PLOT
  return html`${nearLimits(limits, highest).map(({ value, text }) => {
    const level = y(value)
    return html`<line class="limit" x1="${left}" x2="${width - right}" y1="${px(level)}" y2="${px(level)}"/>
<text class="limit-name" x="${width - right}" y="${px(level - 5)}" text-anchor="end">${text}</text>`
  })}`
}

/** A chart with its caption, which also names the limits that are off its scale. */
export function figure(
  caption: string,
  svg: Markup,
  limits: readonly ChartLimit[] = [],
  highest: number = 0,
): Markup {
  const near = nearLimits(limits, highest)
  const far = limits.filter((limit) => !near.includes(limit)).map(({ text }) => text)
  return html`<figure>${svg}<figcaption>${caption}${
    far.length === 0 ? null : html`<span>Off the scale: ${far.join('; ')}</span>`
  }</figcaption></figure>
`
}
