import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { valueAtRank } from '../statistics/histogram.ts'
import { RequestLedger } from './request-ledger.ts'

const window = { from: 100, to: 200 }

/** Whole, because the histogram keeps three digits. */
function milliseconds(ledger: RequestLedger, rank: number): number {
  return Math.round(valueAtRank(ledger.latency, rank).high * 1000)
}

describe('the fate of requests in a closed model', () => {
  it('belongs to the window by the moment of sending, not of the answer', () => {
    const ledger = new RequestLedger(3, window)
    ledger.sent(0, 99, '')
    ledger.sent(1, 100, '')
    ledger.sent(2, 199, '')
    for (const connection of [0, 1, 2]) ledger.answered(connection, 250, 200)
    assert.equal(ledger.ok, 2)
    assert.deepEqual(
      [1, 2].map((rank) => milliseconds(ledger, rank)),
      [51, 150],
    )
  })

  it('is a failure when the connection sends again without an answer', () => {
    const ledger = new RequestLedger(1, window)
    ledger.sent(0, 110, '')
    ledger.sent(0, 120, 'ECONNRESET')
    ledger.answered(0, 125, 200)
    assert.deepEqual(ledger.failures, { ECONNRESET: 1 })
    assert.equal(milliseconds(ledger, 1), 5)
  })

  it('is a failure by any status but a 2xx, without a latency', () => {
    const ledger = new RequestLedger(1, window)
    ledger.sent(0, 110, '')
    ledger.answered(0, 120, 503)
    assert.deepEqual(
      [ledger.ok, ledger.failures, ledger.latency.totalCount],
      [0, { 'status 503': 1 }, 0],
    )
  })

  it('is a failure when the load ends before the answer', () => {
    const ledger = new RequestLedger(2, window)
    ledger.sent(0, 150, '')
    ledger.sent(1, 250, '')
    assert.equal(ledger.waiting, 1)
    ledger.finish('no answer in time')
    assert.deepEqual(ledger.failures, { 'no answer in time': 1 })
  })

  it('says nothing of the server when the request was never due', () => {
    const ledger = new RequestLedger(1, window)
    ledger.sent(0, 150, '')
    ledger.void(0)
    ledger.finish('lost')
    assert.deepEqual(ledger.failures, {})
  })
})
