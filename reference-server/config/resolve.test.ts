import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'mocha'
import { is } from 'valibot'
import { UsageError } from '../../evidence/errors.ts'
import { helpText, settingsTable, showConfig } from './help.ts'
import { resolveSettings } from './resolve.ts'
import { kebab, optionOf, SETTING_NAMES, SETTINGS, type Settings, variableOf } from './settings.ts'

/** A folder with these files, for the length of `body`. */
async function inFolder(
  files: Readonly<Record<string, string>>,
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-config-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  try {
    await body(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** For each setting a valid value that is not its default, and how a shell writes it. */
function sample(name: keyof Settings): { readonly value: unknown; readonly text: string } {
  const { kind, default: initial, schema } = SETTINGS[name]
  const candidates: unknown[] =
    kind === 'flag'
      ? [initial !== true]
      : kind === 'number'
        ? [7, 3]
        : kind === 'list'
          ? [['10.0.0.0/8', 'b:c']]
          : kind === 'lines'
            ? [['a: b, c', 'd: e']]
            : ['on', 'debug', 'json', 'required', 'TLSv1.3', '/p', 'x:y']
  const value = candidates.find((candidate) => candidate !== initial && is(schema, candidate))
  assert.notEqual(value, undefined, `no sample for ${name}`)
  return {
    value,
    text: Array.isArray(value) ? value.join(kind === 'lines' ? '\n' : ',') : String(value),
  }
}

describe('the settings', () => {
  for (const name of SETTING_NAMES) {
    it(`take ${name} from command line, environment and file, in this order`, async () => {
      const { value, text } = sample(name)
      const isFlag = SETTINGS[name].kind === 'flag'
      const option = isFlag
        ? [value === true ? optionOf(name) : `--no-${kebab(name)}`]
        : [optionOf(name), text]
      const argv = name === 'app' ? [text] : option
      const file = JSON.stringify({ serve: { [kebab(name)]: value } })
      const wrongFile = JSON.stringify({ serve: { [name]: SETTINGS[name].default } })
      await inFolder({ 'assay.config.json': file }, async (folder) => {
        const { settings, origins } = await resolveSettings([], {}, folder)
        assert.deepEqual(settings[name], value)
        assert.equal(origins[name], join(folder, 'assay.config.json'))
      })
      const fromFile = SETTINGS[name].default === null ? '{}' : wrongFile
      await inFolder({ 'assay.config.json': fromFile }, async (folder) => {
        const environment = { [variableOf(name)]: text }
        const viaVariable = await resolveSettings([], environment, folder)
        assert.deepEqual(viaVariable.settings[name], value)
        assert.equal(viaVariable.origins[name], variableOf(name))
        const viaLine = await resolveSettings(argv, environment, folder)
        assert.deepEqual(viaLine.settings[name], value)
        assert.equal(viaLine.origins[name], name === 'app' ? 'argument' : optionOf(name))
      })
    })
  }

  it('are the same from every format of file', async () => {
    const files: readonly [string, string][] = [
      ['assay.config.json', '{"serve":{"port":9001,"rootPath":"/a"}}'],
      ['assay.config.yaml', 'serve:\n  port: 9001\n  root-path: /a\n'],
      ['assay.config.toml', '[serve]\nport = 9001\nroot-path = "/a"\n'],
      ['assay.config.js', 'module.exports = { serve: { port: 9001, rootPath: "/a" } }'],
      [
        'assay.config.ts',
        'const port: number = 9001\nexport default { serve: { port, rootPath: "/a" } }',
      ],
    ]
    for (const [name, text] of files) {
      await inFolder({ [name]: text }, async (folder) => {
        const { settings } = await resolveSettings([], {}, folder)
        assert.equal(settings.port, 9001, name)
        assert.equal(settings.rootPath, '/a', name)
      })
    }
  })

  it('refuse what is wrong, wherever it stands, and name its place', async () => {
    const cases: readonly [readonly string[], Readonly<Record<string, string>>, string, RegExp][] =
      [
        [['--port', '70000'], {}, '{}', /--port=70000: must be a whole number from 0 to 65535/],
        [['--prot', '1'], {}, '{}', /--prot/],
        [
          ['--alpn', `h2,${'x'.repeat(256)}`],
          {},
          '{}',
          /--alpn=.*: must have no more than 255 bytes/,
        ],
        [[], { ASSAY_WORKERS: '0' }, '{}', /ASSAY_WORKERS/],
        [[], {}, '{"serve":{"workers":"two"}}', /assay\.config\.json/],
        [[], {}, '{"serve":{"wrokers":2}}', /wrokers/],
        [['--port', '1'], { ASSAY_PORT: 'x' }, '{}', /ASSAY_PORT/],
      ]
    for (const [argv, environment, file, named] of cases) {
      await inFolder({ 'assay.config.json': file }, async (folder) => {
        await assert.rejects(resolveSettings(argv, environment, folder), (error) => {
          assert.ok(error instanceof UsageError)
          assert.match(error.message, named)
          return true
        })
      })
    }
  })

  it('are all in the help text and the documentation, and no secret is shown', async () => {
    for (const name of SETTING_NAMES) {
      if (name !== 'app') assert.ok(helpText().includes(kebab(name)), name)
      assert.ok(settingsTable().includes(variableOf(name)), name)
    }
    const resolved = await resolveSettings(['--tls-key-password', 'hunter2'], {}, tmpdir())
    assert.doesNotMatch(showConfig(resolved), /hunter2/)
  })
})
