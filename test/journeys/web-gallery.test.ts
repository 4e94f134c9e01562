import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { buildPages } from '../support/pages.ts'
import {
  axeFindings,
  openBrowser,
  openPage,
  serveSite,
  skipWithoutChromium,
  type Site,
} from '../support/browser.ts'

const shots = process.env['CLOISTER_SHOTS']

suite('the parts of the interface', { skip: skipWithoutChromium() }, () => {
  let browser: Browser
  let site: Site
  before(async () => {
    site = await serveSite(await buildPages())
    browser = await openBrowser()
  })
  after(async () => {
    await browser.close()
    await site.close()
  })

  for (const language of ['en', 'ar'])
    for (const theme of ['light', 'dark'])
      test(`WEB3 every part in ${language}, ${theme}, passes axe and breaks no policy`, async () => {
        const { page, faults } = await openPage(browser)
        await page.goto(`${site.origin}/gallery?language=${language}&theme=${theme}`)
        await page.getByRole('table').waitFor()
        assert.equal(await page.title(), 'Cloister')
        assert.equal(
          await page.evaluate(() => document.documentElement.dir),
          language === 'ar' ? 'rtl' : 'ltr',
        )
        if (shots !== undefined) {
          mkdirSync(shots, { recursive: true })
          await page.screenshot({ path: join(shots, `gallery-${language}-${theme}.png`) })
          await page.locator('main').evaluate((main) => {
            main.parentElement?.scrollTo(0, 10_000)
          })
          await page.screenshot({ path: join(shots, `gallery-${language}-${theme}-below.png`) })
        }
        assert.deepEqual(await axeFindings(page), [])
        assert.deepEqual(faults, [])
        await page.context().close()
      })

  test('WEB4 a dialog holds the focus and gives it back', async () => {
    const { page, faults } = await openPage(browser)
    await page.goto(`${site.origin}/gallery`)
    const opener = page.getByRole('button', { name: 'Open the dialog' })
    await opener.click()
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    for (let press = 0; press < 6; press++) {
      await page.keyboard.press('Tab')
      assert.ok(await dialog.evaluate((element) => element.contains(document.activeElement)))
    }
    if (shots !== undefined) await page.screenshot({ path: join(shots, 'dialog.png') })
    assert.deepEqual(await axeFindings(page), [])
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    assert.ok(await opener.evaluate((element) => element === document.activeElement))
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  test('WEB5 a select, a toast and sorting work under the policy', async () => {
    const { page, faults } = await openPage(browser)
    await page.goto(`${site.origin}/gallery`)
    await page.getByRole('combobox', { name: 'Theme' }).click()
    await page.getByRole('option', { name: 'Dark' }).click()
    await page.locator('html[data-theme=dark]').waitFor()
    await page.getByRole('button', { name: 'Say something' }).click()
    await page.getByText('The next item is open.').first().waitFor()
    if (shots !== undefined) await page.screenshot({ path: join(shots, 'toast-dark.png') })
    const agreement = page.getByRole('columnheader', { name: 'Agreement' })
    await agreement.getByRole('button').click()
    await agreement.getByRole('button').click()
    assert.equal(await agreement.getAttribute('aria-sort'), 'descending')
    const share = page.getByRole('row').nth(1).getByRole('cell').last()
    assert.equal(await share.textContent(), '99.9%')
    const rows = await page.getByRole('row').count()
    assert.ok(rows < 60, `${rows} of 10,000 rows are in the page`)
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  test('WEB6 the closed screen has taken its content out of the page', async () => {
    const { page, faults } = await openPage(browser)
    await page.goto(`${site.origin}/gallery`)
    await page.getByRole('button', { name: 'Close the screen' }).click()
    await page.getByRole('alert').waitFor()
    assert.equal(await page.getByRole('table').count(), 0)
    assert.ok(!(await page.content()).includes('q-00001'))
    if (shots !== undefined) await page.screenshot({ path: join(shots, 'blank.png') })
    assert.deepEqual(await axeFindings(page), [])
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  test('WEB7 a watermark that is taken away or hidden comes back', async () => {
    const { page, faults } = await openPage(browser)
    await page.goto(`${site.origin}/gallery`)
    const layer = page.locator('body > [aria-hidden=true][class*=watermark]')
    await layer.waitFor()
    await layer.evaluate((element) => {
      element.remove()
    })
    await layer.waitFor()
    await layer.evaluate((element) => {
      element.style.opacity = '0'
    })
    await page.waitForFunction(
      () => document.querySelector<HTMLElement>('body > [class*=watermark]')?.style.opacity === '',
    )
    assert.equal(await layer.count(), 1)
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  test('WEB8 nothing is left in the browser’s storage or history', async () => {
    const { page } = await openPage(browser)
    await page.goto(`${site.origin}/gallery`)
    await page.getByLabel('Reason').first().fill('a confidential word')
    const kept = await page.evaluate(() => ({
      local: localStorage.length,
      session: sessionStorage.length,
      cookies: document.cookie,
      state: history.state as unknown,
      fields: [...document.querySelectorAll('input, textarea')].every(
        (field) => field.getAttribute('autocomplete') === 'off',
      ),
    }))
    assert.deepEqual(kept, { local: 0, session: 0, cookies: '', state: null, fields: true })
    await page.context().close()
  })
})
