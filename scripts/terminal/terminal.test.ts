import assert from 'node:assert/strict'
import { Chalk } from 'chalk'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { formatDuration } from './duration.ts'
import { createProgress, StageClock } from './progress.ts'
import { useColour } from './style.ts'
import { formatTable } from './table.ts'

class Screen {
  text = ''
  readonly isTTY: boolean
  readonly columns = 60

  constructor(isTTY: boolean) {
    this.isTTY = isTTY
  }

  write(text: string): void {
    this.text += text
  }
}

describe('progress', () => {
  it('writes plain lines, without escape codes, where no terminal is', () => {
    const screen = new Screen(false)
    const progress = createProgress(screen, {})
    progress.begin('load')
    progress.update('start 1 of 5', 1000)
    progress.note('k6 is absent')
    progress.finish()
    assert.equal(screen.text, '[0 s] load\nk6 is absent\n')
  })

  it('writes plain lines in CI even on a terminal', () => {
    const screen = new Screen(true)
    const progress = createProgress(screen, { CI: 'true' })
    progress.begin('load')
    progress.finish()
    assert.equal(screen.text, '[0 s] load\n')
  })

  it('leaves nothing of its moving line on a terminal, and never wraps it', () => {
    const screen = new Screen(true)
    const progress = createProgress(screen, { NO_COLOR: '1' })
    progress.begin('x'.repeat(500))
    progress.finish()
    assert.ok(screen.text.endsWith('\r\x1b[2K'))
    for (const picture of screen.text.split('\r\x1b[2K')) assert.ok(picture.length < screen.columns)
  })
})

describe('remaining time', () => {
  const expectation = fc.option(fc.nat(100_000))

  it('is the rest of this stage and the whole of those to come; unknown if one of them is', () => {
    fc.assert(
      fc.property(fc.array(expectation, { minLength: 1 }), fc.nat(200_000), (expected, spent) => {
        let now = 0
        const clock = new StageClock(() => now)
        clock.plan(expected.map((expectedMs, index) => ({ title: String(index), expectedMs })))
        clock.begin('0')
        now = spent
        const [first = null, ...later] = expected
        const known = expected.filter((value) => value !== null)
        if (known.length < expected.length) return assert.equal(clock.remainingMs(), null)
        const rest = later.reduce<number>((sum, value) => sum + (value ?? 0), 0)
        return assert.equal(clock.remainingMs(), Math.max(0, (first ?? 0) - spent) + rest)
      }),
    )
  })

  it('follows what the stage itself says', () => {
    let now = 0
    const clock = new StageClock(() => now)
    clock.plan([{ title: 'load', expectedMs: 60_000 }])
    clock.begin('load')
    now = 10_000
    clock.expect(5_000)
    now = 12_000
    assert.equal(clock.remainingMs(), 3_000)
    assert.equal(clock.line('start 2 of 5'), '[12 s, about 3 s left] load: start 2 of 5')
  })
})

describe('terminal output', () => {
  it('has colours only where NO_COLOR, FORCE_COLOR and the terminal allow them', () => {
    const terminal = { isTTY: true }
    assert.equal(useColour(terminal, {}), true)
    assert.equal(useColour({}, {}), false)
    assert.equal(useColour(terminal, { NO_COLOR: '1', FORCE_COLOR: '1' }), false)
    assert.equal(useColour({}, { FORCE_COLOR: '1' }), true)
    assert.equal(useColour(terminal, { TERM: 'dumb' }), false)
  })

  it('aligns columns whatever the colours of their cells', () => {
    const pen = new Chalk({ level: 1 })
    const plain = formatTable([
      ['a', 'x'],
      ['long', 'y'],
    ])
    const coloured = formatTable([
      [pen.red('a'), 'x'],
      ['long', 'y'],
    ])
    assert.equal(plain, 'a     x\nlong  y\n')
    assert.equal(coloured, plain.replace('a', pen.red('a')))
  })

  it('tells durations to the second', () => {
    assert.equal(formatDuration(7_400), '7 s')
    assert.equal(formatDuration(125_000), '2 min 05 s')
  })
})
