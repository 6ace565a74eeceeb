import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import * as arbitrary from '../arbitraries/websocket.ts'
import { closeBody } from './close.ts'
import { Deflater, Inflater } from './deflate.ts'
import { encodeFrame, OPCODE, RSV1, type SentFrame } from './frame.ts'
import { framesOf, type MessagePlan, payloadOf } from './message-plan.ts'
import { MessageReader } from './message-reader.ts'

/** The frames as a server would send them. */
function fromServer(frames: readonly SentFrame[]): Buffer {
  return Buffer.concat(frames.map((frame) => encodeFrame({ ...frame, mask: null })))
}

function clauses(reader: MessageReader): string[] {
  return reader.defects.map(({ clause }) => clause)
}

function assertRead(reader: MessageReader, plans: readonly MessagePlan[]): void {
  assert.deepEqual(
    reader.messages.map(({ kind, content }) => ({ kind, content: content.toString('latin1') })),
    plans.map((plan) => ({ kind: plan.kind, content: payloadOf(plan).toString('latin1') })),
  )
  assert.deepEqual(reader.defects, [])
}

function encoded(
  opcode: number,
  content: Buffer | string,
  changes: Partial<SentFrame> = {},
): Buffer {
  return encodeFrame({
    fin: true,
    rsv: 0,
    opcode,
    payload: Buffer.from(content),
    mask: null,
    ...changes,
  })
}

describe('message reader', () => {
  it('messages are read whole, however they are fragmented and mixed with control frames', () => {
    fc.assert(
      fc.property(fc.array(arbitrary.message, { maxLength: 4 }), (plans) => {
        const reader = new MessageReader(null)
        reader.push(fromServer(plans.flatMap((plan) => framesOf(plan))))
        assertRead(reader, plans)
        assert.equal(reader.midway, false)
      }),
    )
  })

  it('compressed messages are read as if they were not, with and without context takeover', () => {
    fc.assert(
      fc.property(
        fc.array(arbitrary.message, { maxLength: 4 }),
        fc.boolean(),
        fc.integer({ min: 9, max: 15 }),
        (plans, takeover, bits) => {
          const deflater = new Deflater(bits, takeover)
          const reader = new MessageReader(new Inflater(bits, takeover))
          reader.push(fromServer(plans.flatMap((plan) => framesOf(plan, deflater))))
          assertRead(reader, plans)
        },
      ),
    )
  })

  it('a message that leans on an earlier one is a defect where each must stand alone', () => {
    const deflater = new Deflater(15, true)
    const reader = new MessageReader(new Inflater(15, false))
    const plan = {
      kind: 'text',
      content: 'again and again and',
      cuts: [],
      between: [],
      mask: 0,
    } as const
    reader.push(fromServer([...framesOf(plan, deflater), ...framesOf(plan, deflater)]))
    assert.deepEqual(clauses(reader), ['wire/rfc7692/server-no-context-takeover'])
    assert.equal(reader.messages.length, 2)
  })

  it('a message that refers further back than the agreed window is a defect, and read all the same', () => {
    const content = `${Array.from({ length: 400 }, (_, index) => String(index * index)).join()} `
    const plan = {
      kind: 'text',
      content: content.repeat(2),
      cuts: [],
      between: [],
      mask: 0,
    } as const
    for (const [bits, expected] of [
      [9, ['wire/rfc7692/server-max-window-bits']],
      [15, []],
    ] as const) {
      const reader = new MessageReader(new Inflater(bits, true))
      reader.push(fromServer(framesOf(plan, new Deflater(15, true))))
      assert.deepEqual(clauses(reader), expected)
      assert.equal(reader.messages[0]?.content.toString(), plan.content)
    }
  })

  it('each broken rule of a sequence of frames is noted with its clause', () => {
    const start = { fin: false }
    const broken: [Buffer[], string][] = [
      [[encoded(OPCODE.continuation, 'x')], 'wire/rfc6455/continuation-needs-start'],
      [
        [encoded(OPCODE.text, 'x', start), encoded(OPCODE.text, 'y')],
        'wire/rfc6455/continuation-needs-start',
      ],
      [[encoded(OPCODE.text, Buffer.of(0xc3))], 'wire/rfc6455/text-utf8'],
      [[encoded(OPCODE.text, 'x', { rsv: RSV1 })], 'wire/rfc6455/rsv-bits'],
      [[encoded(OPCODE.close, ''), encoded(OPCODE.text, 'x')], 'wire/rfc6455/no-data-after-close'],
      [[encoded(OPCODE.close, 'x')], 'wire/rfc6455/close-body'],
      [[encoded(OPCODE.close, closeBody(999))], 'wire/rfc6455/codes-below-1000'],
      [[encoded(OPCODE.close, closeBody(1005))], 'wire/rfc6455/reserved-codes-not-sent'],
      [
        [encoded(OPCODE.close, Buffer.concat([closeBody(1000), Buffer.of(0xff)]))],
        'wire/rfc6455/close-reason-utf8',
      ],
    ]
    for (const [bytes, clause] of broken) {
      const reader = new MessageReader(null)
      reader.push(Buffer.concat(bytes))
      assert.deepEqual(clauses(reader), [clause])
    }
  })

  it('fragments of two messages in turn are interleaved', () => {
    const reader = new MessageReader(null)
    const frames = [
      encoded(OPCODE.text, 'x', { fin: false }),
      encoded(OPCODE.text, 'y'),
      encoded(OPCODE.continuation, 'z'),
    ]
    reader.push(Buffer.concat(frames))
    assert.equal(clauses(reader).at(-1), 'wire/rfc6455/no-interleaving')
  })

  it('a compressed bit anywhere but on the first frame of a message is a defect', () => {
    const marked = { rsv: RSV1 }
    const bytes = [
      encoded(OPCODE.ping, 'x', marked),
      encoded(OPCODE.text, 'x', { fin: false }),
      encoded(OPCODE.continuation, 'y', marked),
    ]
    const reader = new MessageReader(new Inflater(15, true))
    reader.push(Buffer.concat(bytes))
    const clause = 'wire/rfc7692/rsv1-first-data-frame-only'
    assert.deepEqual(clauses(reader), [clause, clause])
  })

  it('a character may be split between two fragments', () => {
    const euro = Buffer.from('€')
    const reader = new MessageReader(null)
    reader.push(encoded(OPCODE.text, euro.subarray(0, 1), { fin: false }))
    reader.push(encoded(OPCODE.continuation, euro.subarray(1)))
    assert.equal(reader.messages[0]?.content.toString(), '€')
    assert.deepEqual(reader.defects, [])
  })
})
