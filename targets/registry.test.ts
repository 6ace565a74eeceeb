import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { CAPABILITIES } from '../evidence/target.ts'
import { chooseFlavours } from './descriptor.ts'
import { SERVERS } from './registry.ts'
import { commandLine } from './settings.ts'
import { parseTargetSpec } from './spec.ts'

const VERSIONS = ['0.11.0', '0.29.0', '4.2.3', '99.0']

describe('server registry', () => {
  it('gives every server a name of its own', () => {
    const names = SERVERS.map(({ name }) => name)
    assert.deepEqual([...new Set(names)], names)
    assert.ok(names.length >= 6)
  })

  for (const server of SERVERS) {
    describe(server.name, () => {
      it('can be named on the command line, with each of its flavours', () => {
        const words = server.axes.flatMap(({ flavours }) => flavours.map(({ name }) => name))
        assert.deepEqual([...new Set(words)], words)
        for (const word of ['', ...words.map((flavour) => `+${flavour}`)]) {
          const spec = parseTargetSpec(`${server.name}${word}`, { serverArgs: [], pins: [] })
          assert.equal(spec.name, server.name)
        }
      })

      it('has a default on every axis at every version, and lets the user override it', () => {
        for (const version of VERSIONS) {
          const defaults = chooseFlavours(server, version, []).map(({ name }) => name)
          assert.deepEqual(
            defaults,
            server.axes.map((axis) => axis.defaultFor(version)),
          )
          for (const flavour of server.axes.flatMap(({ flavours }) => flavours)) {
            assert.ok(chooseFlavours(server, version, [flavour.name]).includes(flavour))
          }
        }
      })

      it('is told the application, the address and its workers on its command line', () => {
        for (const version of VERSIONS) {
          const flavours = new Set(chooseFlavours(server, version, []).map(({ name }) => name))
          const plan = { application: 'module:app', lifespan: null, version, flavours }
          assert.ok(server.command(plan).includes('module:app'))
          const address = { host: '127.0.0.1', port: 4711 }
          const words = commandLine(server.settings.terms(address))
          assert.match(words.join(' '), /127\.0\.0\.1.*4711/)
          if (!server.capabilities(version, flavours, []).includes('workers')) continue
          const more = commandLine(server.settings.terms({ ...address, workers: 3 }))
          assert.ok(more.length > words.length)
        }
      })

      it('declares capabilities that properties ask for, each once', () => {
        for (const version of VERSIONS) {
          const flavours = new Set(chooseFlavours(server, version, []).map(({ name }) => name))
          const declared = server.capabilities(version, flavours, [])
          assert.ok(declared.includes('http/1.1'))
          assert.deepEqual([...new Set(declared)], declared)
          for (const capability of declared) assert.ok(CAPABILITIES.includes(capability))
        }
      })

      it('reads settings from where its capabilities say, and from nowhere else', () => {
        const flavours = new Set(chooseFlavours(server, '99.0', []).map(({ name }) => name))
        const declared = server.capabilities('99.0', flavours, [])
        const { environment, file } = server.settings
        assert.equal(environment !== null, declared.includes('config/environment'))
        assert.equal(file !== null, declared.includes('config/file'))
      })
    })
  }
})
