import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { Heartbeat } from './heartbeat.ts'

/** A heartbeat of one ping a second, whose pong is due in half of one; `at` lets the time come, in seconds. */
function beating(): { readonly at: (seconds: number) => void; readonly beat: Heartbeat } & Seen {
  const clock = { now: 0, add: () => {}, remove: () => {} }
  const webSocket = { pingIntervalMs: 1_000, pingTimeoutMs: 500, closeTimeoutMs: 5_000 }
  const seen: { left: () => void; pings: number; losses: number } = {
    left: () => {},
    pings: 0,
    losses: 0,
  }
  const beat = new Heartbeat(
    { clock, webSocket },
    {
      open: () => true,
      ping: (left) => {
        seen.pings += 1
        seen.left = left
      },
      lost: () => {
        seen.losses += 1
      },
    },
  )
  beat.start()
  const at = (seconds: number): void => {
    clock.now = 1_000 * seconds
    beat.onTick(clock.now)
  }
  return Object.assign(seen, { at, beat })
}

interface Seen {
  /** The last ping has left. */
  readonly left: () => void
  readonly pings: number
  readonly losses: number
}

describe('a heartbeat', () => {
  it('gives up on a client whose pong does not come in time once the ping has left', () => {
    const seen = beating()
    seen.at(1)
    seen.at(10)
    assert.equal(seen.losses, 0)
    seen.left()
    seen.at(10.25)
    assert.equal(seen.losses, 0)
    seen.at(10.5)
    assert.equal(seen.losses, 1)
  })

  it('sends no second ping while the first has not left', () => {
    const seen = beating()
    for (let second = 1; second < 5; second += 1) seen.at(second)
    assert.equal(seen.pings, 1)
    seen.left()
    seen.beat.pong()
    seen.at(5)
    assert.equal(seen.pings, 2)
  })

  it('takes a pong that is read before it hears that the ping has left', () => {
    const seen = beating()
    seen.at(1)
    seen.beat.pong()
    seen.left()
    seen.at(1.75)
    assert.equal(seen.losses, 0)
  })
})
