import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import type { Dimension } from '../../evidence/load.ts'
import { QUANTITY_PATTERN, readQuantity } from './quantity.ts'

const READ: readonly (readonly [string | number, Dimension, number])[] = [
  ['500 ms', 'time', 0.5],
  ['500ms', 'time', 0.5],
  ['2 µs', 'time', 2e-6],
  ['1.5 min', 'time', 90],
  ['150 MiB', 'memory', 150 * 1024 ** 2],
  ['1 MB', 'memory', 1e6],
  ['200 /s', 'rate', 200],
  ['200 req/s', 'rate', 200],
  ['0.1 %', 'ratio', 0.001],
  [1.5, 'ratio', 1.5],
  ['0', 'count', 0],
]

const REFUSED: readonly (readonly [string | number, Dimension, string])[] = [
  ['low', 'time', 'vague-limit'],
  ['', 'time', 'vague-limit'],
  ['ms', 'time', 'vague-limit'],
  ['about 500 ms', 'time', 'vague-limit'],
  ['1,000 ms', 'time', 'vague-limit'],
  ['0x10 ms', 'time', 'vague-limit'],
  [500, 'time', 'no-unit'],
  ['500 MiB', 'time', 'wrong-unit'],
  ['5 %', 'count', 'wrong-unit'],
  ['5 parsecs', 'time', 'unknown-unit'],
  ['-1 ms', 'time', 'limit-range'],
  ['1e999 s', 'time', 'limit-range'],
]

describe('reports/requirements: quantities', () => {
  for (const [given, dimension, value] of READ) {
    it(`${given} is ${value} in the base unit of ${dimension}`, () => {
      const quantity = readQuantity(given, dimension)
      assert.ok(quantity.ok)
      assert.ok(Math.abs(quantity.value - value) <= 1e-12 * value)
    })
  }

  for (const [given, dimension, code] of REFUSED) {
    it(`"${given}" is no ${dimension}: ${code}`, () => {
      const quantity = readQuantity(given, dimension)
      assert.equal(quantity.ok ? null : quantity.code, code)
    })
  }

  it('no text is read as anything but a finite quantity of at least zero', () => {
    const words = fc.string({ unit: fc.constantFrom(...'0123456789.e+- msMiB%/'.split('')) })
    const dimension = fc.constantFrom('time' as const, 'memory' as const, 'ratio' as const)
    fc.assert(
      fc.property(words, dimension, (text, meant) => {
        const quantity = readQuantity(text, meant)
        if (!quantity.ok) return
        assert.ok(Number.isFinite(quantity.value) && quantity.value >= 0)
        // The JSON Schema that editors use must not refuse what is accepted here.
        assert.match(text.trim(), new RegExp(QUANTITY_PATTERN))
      }),
    )
  })
})
