import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { inOrder, type Line } from './order.ts'

const SENT: readonly Line[] = [
  ['a', '1'],
  ['b', '2'],
  ['a', '3'],
]

describe('the order of field lines', () => {
  it('is that in which they were sent, duplicates among them', () => {
    assert.equal(inOrder(SENT, SENT), true)
    assert.equal(inOrder(SENT.toReversed(), SENT), false)
    assert.equal(
      inOrder(
        [SENT[0], SENT[2], SENT[1]].flatMap((line) => (line ? [line] : [])),
        SENT,
      ),
      false,
    )
  })

  it('is not broken by what was lost, joined or changed', () => {
    assert.equal(inOrder([], SENT), true)
    assert.equal(
      inOrder(
        [
          ['b', '2'],
          ['a', '3'],
        ],
        SENT,
      ),
      true,
    )
    assert.equal(
      inOrder(
        [
          ['a', '1, 3'],
          ['b', '2'],
        ],
        SENT,
      ),
      true,
    )
  })
})
