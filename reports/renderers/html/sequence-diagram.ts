import type { Transcript, TranscriptEvent } from '../../../evidence/conformance.ts'
import { html, type Markup, shorten } from './markup.ts'

type Party = TranscriptEvent['from']

const WIDTH = 920
const LANES: Readonly<Record<Party, number>> = { client: 150, server: 480, app: 810, suite: 480 }
const LANE_NAMES: readonly (readonly [Party, string])[] = [
  ['client', 'client'],
  ['server', 'server'],
  ['app', 'application'],
]
const HEAD = 34
const LINE = 15
const LABEL_MOST = 120
const DETAIL_MOST = 90
/** Characters of the diagram's monospaced text that fit between two lanes. */
const WRAP = 42

/** Time runs down; an arrow is what one side sent the other, with its bytes or its message below. */
export function sequenceDiagram(transcript: Transcript, id: string): Markup {
  let top = HEAD + 10
  const rows = transcript.map((event) => {
    const row = drawEvent(event, top)
    top += row.height
    return row.markup
  })
  const title = `diagram-${id}`
  return html`<div class="scroller" tabindex="0" role="region" aria-label="Sequence diagram"><svg class="sequence" viewBox="0 0 ${WIDTH} ${top + 12}" role="img" aria-labelledby="${title}">
<title id="${title}">What client, server and application sent each other, in order of time</title>
${LANE_NAMES.map(
  ([
    party,
    name,
  ]) => html`<rect class="lane-head" x="${LANES[party] - 56}" y="4" width="112" height="24" rx="5"/>
<text class="lane-name" x="${LANES[party]}" y="20" text-anchor="middle">${name}</text>
<line class="lane" x1="${LANES[party]}" x2="${LANES[party]}" y1="28" y2="${top + 6}"/>`,
)}
${rows}
</svg></div>`
}

interface Row {
  readonly markup: Markup
  readonly height: number
}

function drawEvent(event: TranscriptEvent, top: number): Row {
  const label = wrap(shorten(event.label, LABEL_MOST))
  const repeats = event.detail === '' || event.detail.startsWith(event.label)
  const detail = repeats ? [] : wrap(shorten(event.detail, DETAIL_MOST))
  const time = html`<text class="time" x="64" y="${top + LINE}" text-anchor="end">${microseconds(event.at)}</text>`
  const aside = event.from === event.to || event.from === 'suite' || event.to === 'suite'
  const drawn = aside ? drawNote(label, detail, top) : drawArrow(event, label, detail, top)
  return { markup: html`${time}${drawn.markup}`, height: drawn.height }
}

function drawArrow(
  event: TranscriptEvent,
  label: readonly string[],
  detail: readonly string[],
  top: number,
): Row {
  const [from, to] = [LANES[event.from], LANES[event.to]]
  const middle = (from + to) / 2
  const level = top + label.length * LINE + 6
  const back = to > from ? -9 : 9
  return {
    markup: html`${lines(label, middle, top + LINE - 2, 'label')}
<line class="arrow" x1="${from}" x2="${to + back}" y1="${level}" y2="${level}"/>
<path class="arrow-head" d="M${to} ${level}l${back} -4.5v9z"/>
${lines(detail, middle, level + LINE - 1, 'detail')}`,
    height: label.length * LINE + detail.length * LINE + 18,
  }
}

/** What no arrow can show: something that one side did by itself, or a remark of the suite. */
function drawNote(label: readonly string[], detail: readonly string[], top: number): Row {
  const text = [...label, ...detail]
  const height = text.length * LINE + 10
  return {
    markup: html`<rect class="note" x="310" y="${top + 2}" width="340" height="${height}" rx="4"/>
${lines(text, LANES.suite, top + LINE + 3, 'label')}`,
    height: height + 10,
  }
}

function lines(text: readonly string[], x: number, y: number, className: string): Markup {
  return html`${text.map(
    (line, index) =>
      html`<text class="${className}" x="${x}" y="${y + index * LINE}" text-anchor="middle">${line}</text>`,
  )}`
}

/** Breaks at spaces where there are any, else inside the word, so that no line is longer than the lane. */
function wrap(text: string): readonly string[] {
  const wrapped: string[] = []
  let rest = text.replaceAll('\n', ' ')
  while (rest.length > WRAP) {
    const space = rest.lastIndexOf(' ', WRAP)
    const end = space > WRAP / 2 ? space : WRAP
    wrapped.push(rest.slice(0, end))
    rest = rest.slice(end).trimStart()
  }
  return [...wrapped, rest]
}

function microseconds(at: number): string {
  if (at < 1000) return `${Math.round(at)} µs`
  return at < 1e6 ? `${(at / 1000).toFixed(1)} ms` : `${(at / 1e6).toFixed(2)} s`
}
