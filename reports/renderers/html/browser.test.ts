import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { after, before, describe, it } from 'mocha'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { writeBundle } from '../../bundle.ts'
import { fixtureRecord } from '../../fixtures/record.ts'
import { openRequirements } from '../words.ts'
import { page as renderPage } from './page.ts'

/** As few of the browser's own errands as it allows: the page is what is watched. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const SCREEN = { width: 1280, height: 800 }
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const RECORD = fixtureRecord()

describe('reports/renderers: report.html in Chromium', function () {
  this.timeout(60_000)
  let bundle: string
  let profile: string
  let context: BrowserContext
  const said: string[] = []
  const asked: string[] = []

  before(async function () {
    if (!existsSync(CHROMIUM)) {
      const reason = `Chromium is not at ${CHROMIUM} (set CHROMIUM to its path).`
      assert.notEqual(process.env['CI'], 'true', reason)
      console.log(`      not run: ${reason}`)
      this.skip()
    }
    bundle = await mkdtemp(join(tmpdir(), 'assay-report-'))
    profile = await mkdtemp(join(tmpdir(), 'assay-chromium-'))
    await writeRawFiles(bundle)
    await writeBundle(RECORD, bundle)
    context = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      headless: true,
      args: FLAGS,
      viewport: SCREEN,
    })
  })

  after(async () => {
    await context?.close()
    for (const directory of [bundle, profile]) {
      if (directory !== undefined) await rm(directory, { recursive: true, force: true })
    }
  })

  const open = async (colorScheme: 'light' | 'dark'): Promise<Page> => {
    said.length = 0
    asked.length = 0
    const page = await context.newPage()
    page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`))
    page.on('pageerror', (error) => said.push(`error: ${error.message}`))
    page.on('request', (request) => asked.push(request.url()))
    await page.emulateMedia({ colorScheme })
    await page.goto(report())
    return page
  }

  const report = (): string => pathToFileURL(join(bundle, 'report.html')).href

  for (const scheme of ['light', 'dark'] as const) {
    it(`${scheme}: it says nothing on the console and asks for nothing but itself`, async () => {
      const page = await open(scheme)
      await page.locator('footer').scrollIntoViewIfNeeded()
      assert.deepEqual(said, [])
      assert.deepEqual(asked, [report()])
      await page.close()
    })
  }

  it('the first screen holds identity, verdict and everything that failed or is unproven', async () => {
    const page = await open('light')
    const texts = ['uvicorn 0.29.0', 'pkg:pypi/uvicorn@0.29.0', 'broken', String(RECORD.seed)]
    for (const text of texts) await assertOnScreen(page, page.getByText(text).first())
    for (const { id } of openRequirements(RECORD)) {
      await assertOnScreen(page, page.locator(`.open a[href="#requirement-${id}"]`))
    }
    await page.close()
  })

  it('the first screen still holds them all when nothing could be run', async () => {
    const empty = fixtureRecord({ complete: false, conformance: null, load: null })
    assert.equal(openRequirements(empty).length, 8)
    const file = join(bundle, 'empty.html')
    await writeFile(file, renderPage(empty))
    const view = await context.newPage()
    await view.goto(pathToFileURL(file).href)
    await assertOnScreen(view, view.getByText('cut short').first())
    for (const { id } of openRequirements(empty)) {
      await assertOnScreen(view, view.locator(`.open a[href="#requirement-${id}"]`))
    }
    await view.close()
  })

  it('from each requirement that has evidence it is two clicks to a raw file that is there', async () => {
    const page = await open('light')
    const proven = RECORD.requirements.filter(({ criteria }) =>
      criteria.some(({ evidence }) => evidence.length > 0),
    )
    assert.ok(proven.length >= 5)
    for (const { id } of proven) {
      await page.goto(report())
      const link = page.locator(`.open a[href="#requirement-${id}"]`)
      if ((await link.count()) > 0) await link.click()
      await page.locator(`#requirement-${id} a.raw`).first().click()
      await page.waitForURL(/\/raw\//)
      assert.match(await page.locator('body').innerText(), /evidence/)
    }
    await page.close()
  })

  it('a link to a clause opens the area that holds it', async () => {
    const page = await open('light')
    await page.locator('.strip a[href="#clause-lifespan/startup/first"]').click()
    await page.locator('[id="clause-lifespan/startup/first"]').waitFor({ state: 'visible' })
    await page.close()
  })

  it('it never scrolls sideways as a whole, not even on a telephone', async () => {
    const page = await open('light')
    for (const width of [360, 768, 1280]) {
      await page.setViewportSize({ width, height: 800 })
      const widest = await page.evaluate<number>('document.documentElement.scrollWidth')
      assert.ok(widest <= width, `${widest} px on a screen of ${width} px`)
    }
    await page.close()
  })

  it('its headings descend one level at a time, under one first heading', async () => {
    const page = await open('light')
    const levels = await page
      .locator('h1, h2, h3, h4')
      .evaluateAll((headings) => headings.map((heading) => Number(heading.tagName.slice(1))))
    assert.equal(levels.filter((level) => level === 1).length, 1)
    for (const [index, level] of levels.entries()) {
      assert.ok(level <= (levels[index - 1] ?? 0) + 1, `h${level} after h${levels[index - 1]}`)
    }
    await page.close()
  })
})

async function assertOnScreen(page: Page, locator: ReturnType<Page['locator']>): Promise<void> {
  const box = await locator.boundingBox()
  const name = String(locator)
  assert.ok(box, `${name} is not shown`)
  const size = page.viewportSize() ?? SCREEN
  assert.ok(box.y >= 0 && box.y + box.height <= size.height, `${name} is below the first screen`)
}

/** The files that the record names, so that its links lead somewhere. */
async function writeRawFiles(bundle: string): Promise<void> {
  const named = RECORD.requirements.flatMap(({ criteria }) =>
    criteria.flatMap(({ evidence }) => evidence),
  )
  for (const path of named) {
    await mkdir(dirname(join(bundle, path)), { recursive: true })
    await writeFile(join(bundle, path), '{"evidence": true}')
  }
}
