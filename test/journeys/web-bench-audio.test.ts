import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Browser, Page, Route } from 'playwright-core'
import {
  axeFindings,
  openBrowser,
  openPage,
  serveSite,
  skipWithoutChromium,
  type Site,
} from '../support/browser.ts'
import { buildBenchPage } from '../support/pages.ts'
import { shoot } from '../support/pictures.ts'
import { finestPeaks, makeVoice, peaksFile, wavOf } from '../support/sound.ts'

const rate = 16_000

const play = (page: Page) => page.getByRole('button', { name: 'Play', exact: true })
const pause = (page: Page) => page.getByRole('button', { name: 'Pause' })

suite('the Bench for recordings', { skip: skipWithoutChromium() }, () => {
  let browser: Browser
  let site: Site
  const voice = makeVoice(30, rate)
  before(async () => {
    site = await serveSite(await buildBenchPage(), {
      '/sound.wav': { type: 'audio/wav', body: wavOf(voice, rate) },
      '/peaks.bin': {
        type: 'application/octet-stream',
        body: peaksFile(finestPeaks(voice), rate, voice.length),
      },
    })
    browser = await openBrowser()
  })
  after(async () => {
    await browser.close()
    await site.close()
  })

  async function open(query: string, viewport = { width: 1440, height: 900 }, silent = false) {
    const opened = await openPage(browser, { viewport })
    if (silent) await opened.page.route('**/sound.wav', (route) => route.fulfill({ status: 503 }))
    await opened.page.goto(`${site.origin}/?samples=${voice.length}&${query}`)
    await opened.page.locator('canvas:not([aria-hidden])').waitFor()
    // The list of segments stands when the recording has been loaded and listens to keys.
    await opened.page.locator('ol > li').first().waitFor()
    return opened
  }

  for (const [language, theme, width, height] of [
    ['en', 'light', 1440, 900],
    ['en', 'dark', 1280, 720],
    ['ar', 'light', 1280, 720],
  ] as const)
    test(`BENCH40 the audio Bench in ${language}, ${theme}, at ${width} pixels passes axe and the policy`, async () => {
      const { page, faults } = await open(`language=${language}&theme=${theme}`, { width, height })
      await page.keyboard.press('KeyJ')
      await page.keyboard.press('KeyJ')
      await page.waitForFunction(() => document.querySelector('li[aria-current=true]') !== null)
      await shoot(page, `bench-audio-${language}-${theme}-${width}`)
      assert.deepEqual(await axeFindings(page), [])
      assert.deepEqual(faults, [])
      await page.context().close()
    })

  test('BENCH41 a segment is marked, written and heard by keyboard', async () => {
    const { page, faults } = await open('segments=1')
    await page.keyboard.press('End')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('KeyI')
    await page.keyboard.press('Shift+ArrowRight')
    await page.keyboard.press('KeyO')
    await page.keyboard.press('Digit2')
    await page.keyboard.press('Enter')
    await page.keyboard.type('a door falls shut')
    await page.keyboard.press('Escape')
    await page.getByText(/^✓?Saved$/).waitFor()
    const regions = await page.waitForFunction(
      () => window.benchApi.drafts.get('0901')?.regions.find(({ id }) => id === 'r2') ?? null,
    )
    assert.deepEqual(await regions.jsonValue(), {
      id: 'r2',
      anchor: { audio: { from: 29 * rate, to: 29 * rate + rate / 10 }, tier: 'agent' },
      label: 'noise',
      transcripts: { verbatim: 'a door falls shut' },
    })
    // Again and again, so that the segment plays for as long as this looks.
    await page.keyboard.press('Home')
    await page.getByText('0:00.0 / 0:30').waitFor()
    await page.keyboard.press('KeyL')
    await page.keyboard.press('KeyP')
    await page.getByText(/^0:29\.[01] \/ 0:30$/).waitFor()
    await page.keyboard.press('Space')
    await play(page).waitFor()
    await page.keyboard.press('Home')
    await page.keyboard.press('Space')
    await page.getByText(/^0:0[1-9]\.\d \/ 0:30$/).waitFor()
    await page.keyboard.press('Space')
    await play(page).waitFor()
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  test('BENCH43 the button says Pause from the order on, before any sound has come', async () => {
    const { page, faults } = await open('segments=1')
    const asked: Route[] = []
    let slow = true
    await page.route('**/sound.wav', async (route) => {
      if (slow) asked.push(route)
      else await route.continue()
    })
    await page.keyboard.press('KeyJ')
    await page.keyboard.press('KeyP')
    await pause(page).waitFor()
    await page.keyboard.press('Space')
    await play(page).waitFor()
    await page.keyboard.press('KeyP')
    await pause(page).waitFor()
    slow = false
    for (const route of asked) await route.continue()
    // The segment begins three seconds in.
    await page.getByText(/^0:0[4-9]\.\d \/ 0:30$/).waitFor()
    assert.equal(await pause(page).count(), 1)
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  for (const [key, words] of [
    ['Space', 'on and on'],
    ['KeyP', 'as a segment'],
  ] as const)
    test(`BENCH44 a recording that cannot be played ${words} says so, and plays when it can`, async () => {
      const { page } = await open('segments=1', { width: 1280, height: 720 }, true)
      await page.keyboard.press('KeyJ')
      await page.keyboard.press(key)
      await page.getByRole('alert').getByText('This could not be played').waitFor()
      await play(page).waitFor()
      await shoot(page, `bench-audio-mute-${key}`)
      await page.unrouteAll()
      await page.keyboard.press(key)
      await page.getByText(/^0:0[4-9]\.\d \/ 0:30$/).waitFor()
      assert.equal(await page.getByRole('alert').getByText('played').count(), 0)
      await page.context().close()
    })

  test('BENCH44 a waveform that did not come is said so, and asked for again', async () => {
    const { page } = await openPage(browser)
    await page.route('**/peaks.bin', (route) => route.fulfill({ status: 503 }))
    await page.goto(`${site.origin}/?samples=${voice.length}`)
    await page.getByRole('alert').getByText('could not be fetched').waitFor()
    await shoot(page, 'bench-audio-no-wave')
    assert.deepEqual(await axeFindings(page), [])
    await page.unrouteAll()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('canvas:not([aria-hidden])').waitFor()
    await page.keyboard.press('KeyJ')
    await page.locator('li[aria-current=true]').waitFor()
    await page.context().close()
  })

  test('BENCH42 the pointer selects a stretch, and five hundred segments stay at hand', async () => {
    const { page, faults } = await open('segments=500&theme=dark')
    const box = await page.locator('canvas:not([aria-hidden])').boundingBox()
    assert.ok(box !== null)
    await page.keyboard.press('Equal')
    await page.keyboard.press('Equal')
    await page.keyboard.press('Equal')
    await page.mouse.move(box.x + 200, box.y + box.height / 2)
    await page.mouse.down()
    await page.mouse.move(box.x + 320, box.y + box.height / 2, { steps: 4 })
    await shoot(page, 'bench-audio-500-dark')
    await page.mouse.up()
    await page.keyboard.press('Digit3')
    await page.locator('ol > li[aria-setsize="501"][aria-current=true]').waitFor()
    assert.ok((await page.locator('ol > li').count()) < 60)
    // From one field to the next, far past the rows that were in the page at first.
    await page.keyboard.press('Enter')
    for (let row = 0; row < 80; row++) await page.keyboard.press('Enter')
    const there = await page.evaluate(() =>
      Number(document.activeElement?.closest('li')?.getAttribute('aria-posinset')),
    )
    assert.ok(there > 80)
    await page.waitForFunction(
      () => (document.activeElement?.getBoundingClientRect().bottom ?? Infinity) < innerHeight,
    )
    assert.deepEqual(faults, [])
    await page.context().close()
  })
})
