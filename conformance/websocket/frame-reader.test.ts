import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { encodeFrame, isControl, minimalForm, OPCODE, type SentFrame } from './frame.ts'
import { FrameReader, type ReadFrame } from './frame-reader.ts'

const payload = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(125, 126, 127, 65_535, 65_536, 70_000)
      .map((length) => Buffer.alloc(length, 'payload')),
  },
)

const frame: fc.Arbitrary<SentFrame> = fc.record({
  fin: fc.boolean(),
  rsv: fc.nat(7),
  opcode: fc.nat(15),
  payload,
  mask: fc.option(fc.integer({ min: 0, max: 0xff_ff_ff_ff }), { nil: null }),
})

function clauses(reader: FrameReader): string[] {
  return reader.defects.map(({ clause }) => clause)
}

function only(frames: readonly ReadFrame[]): ReadFrame {
  const [first] = frames
  assert.ok(first !== undefined && frames.length === 1)
  return first
}

describe('frame reader', () => {
  it('what the writer wrote is read back, whatever the segmentation', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 4 }),
        fc.array(fc.nat(999), { maxLength: 6 }),
        (frames, shares) => {
          const bytes = Buffer.concat(frames.map(encodeFrame))
          const cuts = shares
            .map((share) => Math.floor((share * bytes.length) / 1000))
            .toSorted((a, b) => a - b)
          const reader = new FrameReader()
          const read = [...cuts, bytes.length].flatMap((end, index) =>
            reader.push(bytes.subarray(cuts[index - 1] ?? 0, end)),
          )
          assert.deepEqual(
            read.map(({ fin, rsv, opcode, payload: content }) => ({ fin, rsv, opcode, content })),
            frames.map(({ fin, rsv, opcode, payload: content }) => ({ fin, rsv, opcode, content })),
          )
          assert.deepEqual(
            read.map(({ masked }) => masked),
            frames.map(({ mask }) => mask !== null),
          )
          assert.equal(reader.pending, 0)
        },
      ),
    )
  })

  it('an unmasked frame of a defined kind in the smallest form has no defect', () => {
    const kinds = Object.values(OPCODE)
    fc.assert(
      fc.property(fc.constantFrom(...kinds), payload, fc.boolean(), (opcode, content, fin) => {
        const control = isControl(opcode)
        const reader = new FrameReader()
        reader.push(
          encodeFrame({
            fin: control || fin,
            rsv: 0,
            opcode,
            payload: control ? content.subarray(0, 125) : content,
            mask: null,
          }),
        )
        assert.deepEqual(clauses(reader), [])
      }),
    )
  })

  it('each broken rule of framing is noted with its clause', () => {
    const broken: [SentFrame, string][] = [
      [{ ...text('x'), mask: 7 }, 'wire/rfc6455/server-frames-unmasked'],
      [{ ...text('x'), lengthForm: 16 }, 'wire/rfc6455/length-minimal'],
      [{ ...text('x'.repeat(126)), lengthForm: 64 }, 'wire/rfc6455/length-minimal'],
      [{ ...text(''), opcode: 0xb }, 'wire/rfc6455/unknown-opcode'],
      [{ ...text(''), opcode: 3 }, 'wire/rfc6455/unknown-opcode'],
      [{ ...text(''), opcode: OPCODE.ping, fin: false }, 'wire/rfc6455/control-frame-whole'],
      [{ ...text('x'.repeat(126)), opcode: OPCODE.pong }, 'wire/rfc6455/control-frame-length'],
    ]
    for (const [bad, clause] of broken) {
      const reader = new FrameReader()
      only(reader.push(encodeFrame(bad)))
      assert.deepEqual(clauses(reader), [clause])
    }
  })

  it('a payload length of more than 63 bits is waited for, not believed', () => {
    const reader = new FrameReader()
    assert.deepEqual(reader.push(Buffer.from('82ffffffffffffffffff', 'hex')), [])
    assert.deepEqual(clauses(reader), ['wire/rfc6455/length-msb-zero'])
  })

  it('the smallest form changes at 126 and at 65,536 bytes', () => {
    assert.deepEqual([0, 125, 126, 65_535, 65_536].map(minimalForm), [7, 7, 16, 16, 64])
  })
})

function text(content: string): SentFrame {
  return { fin: true, rsv: 0, opcode: OPCODE.text, payload: Buffer.from(content), mask: null }
}
