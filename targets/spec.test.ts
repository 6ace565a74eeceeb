import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'mocha'
import { UsageError } from '../evidence/errors.ts'
import { SERVERS } from './registry.ts'
import { formatTargetSpec, parseTargetSpec } from './spec.ts'
import type { TargetSpec } from './target.ts'

const NONE = { serverArgs: [], pins: [] }

function refusal(text: string, options: Parameters<typeof parseTargetSpec>[1] = NONE): UsageError {
  try {
    parseTargetSpec(text, options)
  } catch (error) {
    assert.ok(error instanceof UsageError)
    return error
  }
  return assert.fail(`"${text}" was accepted`)
}

const version = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99)).map((numbers) => numbers.join('.'))

const anySpec: fc.Arbitrary<TargetSpec> = fc.constantFrom(...SERVERS).chain((server) =>
  fc.record(
    {
      name: fc.constant(server.name),
      version: server.source.kind === 'bundled' ? fc.constant(null) : fc.option(version),
      flavours: fc
        .tuple(
          ...server.axes.map((axis) =>
            fc.option(fc.constantFrom(...axis.flavours.map(({ name }) => name))),
          ),
        )
        .map((names) => names.filter((name) => name !== null)),
      serverArgs: fc.constant([]),
      pins: fc.constant([]),
    },
    { noNullPrototype: true },
  ),
)

describe('target specification', () => {
  it('says the same written out and read again', () => {
    fc.assert(
      fc.property(anySpec, (spec) => {
        assert.deepEqual(parseTargetSpec(formatTargetSpec(spec), NONE), spec)
      }),
    )
  })

  it('either reads a text or refuses it with a usage error, and never throws anything else', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string().map((tail) => `uvicorn${tail}`),
    )
    fc.assert(
      fc.property(text, (word) => {
        try {
          parseTargetSpec(word, NONE)
        } catch (error) {
          assert.ok(error instanceof UsageError)
          assert.ok(error.cure.length > 0)
        }
      }),
    )
  })

  it('names the nearest target when a name is misspelt, and lists all of them', () => {
    const error = refusal('uvicron@0.29.0')
    assert.equal(error.code, 'target/unknown')
    assert.match(error.rule, /Did you mean "uvicorn"/)
    for (const { name } of SERVERS) assert.ok(error.cure.includes(name))
  })

  it('refuses an unknown flavour and lists the ones there are', () => {
    const error = refusal('uvicorn@0.29.0+htttools')
    assert.equal(error.code, 'target/unknown-flavour')
    assert.match(error.rule, /Did you mean "httptools"/)
    assert.match(error.cure, /http httptools \| h11 \| zttp/)
  })

  it('refuses two flavours of one axis', () => {
    assert.equal(refusal('uvicorn+h11+httptools').code, 'target/flavours-exclude-each-other')
  })

  it('refuses what is no exact version', () => {
    for (const word of ['latest', '', '0.29.x', '>=0.29', '0..1']) {
      assert.equal(refusal(`uvicorn@${word}`).code, 'target/malformed-version', word)
    }
  })

  it('refuses a version of the server that is part of assay', () => {
    assert.equal(refusal('reference@0.1.0').code, 'target/version-not-selectable')
  })

  it('refuses a pin that is not exact', () => {
    const pins = ['h11', 'h11>=0.14', '==1', '-r file']
    for (const pin of pins) {
      assert.equal(refusal('uvicorn', { serverArgs: [], pins: [pin] }).code, 'target/malformed-pin')
    }
  })

  it('takes an address for a server that already runs, and no launch options with it', () => {
    assert.equal(parseTargetSpec('http://127.0.0.1:8000', NONE).name, 'http://127.0.0.1:8000')
    assert.equal(refusal('http://127.0.0.1:8000/path').code, 'target/malformed-address')
    assert.equal(refusal('https://127.0.0.1:8000').code, 'target/malformed-address')
    assert.equal(
      refusal('http://127.0.0.1:8000', { serverArgs: ['--workers=2'], pins: [] }).code,
      'target/attached-has-no-options',
    )
  })
})
