import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { abridge } from './abridged-detail.ts'

/** A byte string of so many bytes, some of which are written as escapes. */
const bytes = (count: number, escape = 'x'): string => `b"${escape.repeat(count)}"`

describe('the detail of an event on a page', () => {
  it('keeps every key of a dictionary, however long what stands before it', () => {
    const long = fc
      .tuple(fc.nat(3000), fc.constantFrom('x', '\\x00', '\\\\', '\\"', '{', '('))
      .map(([count, unit]) => bytes(count, unit))
    const value = fc.oneof(
      long,
      fc.array(long, { maxLength: 9 }).map((items) => `[${items.join(', ')}]`),
      fc.string().map((word) => JSON.stringify(word)),
      fc.constantFrom('True', 'None', '("127.0.0.1", 80)'),
    )
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 3 }), (values) => {
        const detail = `{${values.map((one, index) => `"key ${index}": ${one}`).join(', ')}}`
        const shown = abridge(detail)
        for (const index of values.keys()) assert.ok(shown.includes(`"key ${index}": `), shown)
        assert.ok(shown.length < 1300, shown)
      }),
    )
  })

  it('leaves what is short as it is', () => {
    const detail = `{"type": "http", "path": "/\\n\\"", "headers": [(b"host", b"a")], "server": None}`
    assert.equal(abridge(detail), detail)
  })

  it('tells how much there is of a value that it cuts, in bytes and not in their escapes', () => {
    const shown = abridge(`{"body": ${bytes(100, '\\x00')}, "more_body": False}`)
    assert.equal(shown, `{"body": b"${'\\x00'.repeat(20)}…" (100 bytes), "more_body": False}`)
  })

  it('leaves it to a value that was cut before to tell its length', () => {
    const shown = abridge(`{"body": b"${'x'.repeat(256)}…" (65536 bytes), "more_body": True}`)
    assert.equal(shown, `{"body": b"${'x'.repeat(80)}…" (65536 bytes), "more_body": True}`)
  })

  it('cuts bytes of the wire where they are too long', () => {
    assert.match(abridge('x'.repeat(300)), /^x{200}… \(100 more\)$/)
  })
})
