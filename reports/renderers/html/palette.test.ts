import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { STYLE } from './style.ts'

/** WCAG 2.2, "relative luminance". */
function luminance(colour: string): number {
  const digits = colour.length === 4 ? colour.replaceAll(/[0-9a-f]/gi, '$&$&') : colour
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(digits.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** WCAG 2.2, "contrast ratio". */
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].toSorted((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

const palettes = [...STYLE.text.matchAll(/:root\{([^}]*)\}/g)].map(
  ([, body = '']) =>
    new Map(
      [...body.matchAll(/--([\w-]+):(#[0-9a-f]+)/gi)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    ),
)

const TEXT = ['ink', 'soft', 'accent', 'pass', 'fail', 'open', 'none', 'target']
const ON_BADGE = ['pass', 'fail', 'open', 'none']

describe('reports/renderers: colours of report.html', () => {
  it('there are palettes for light, dark and print', () => {
    assert.equal(palettes.length, 3)
  })

  palettes.forEach((palette, index) => {
    const name = ['light', 'dark', 'print'][index] ?? String(index)
    const pairs = [
      ...TEXT.flatMap((text) => ['paper', 'raised'].map((ground) => [text, ground] as const)),
      ...ON_BADGE.map((text) => [text, `${text}-bg`] as const),
      ...['fail-bg', 'open-bg', 'pass-bg', 'none-bg'].map((ground) => ['ink', ground] as const),
    ]
    for (const [text, ground] of pairs) {
      it(`${name}: ${text} on ${ground} has the contrast of WCAG AA`, () => {
        const ratio = contrast(palette.get(text) ?? '#000', palette.get(ground) ?? '#000')
        assert.ok(ratio >= 4.5, `${ratio.toFixed(2)} : 1`)
      })
    }
  })
})
