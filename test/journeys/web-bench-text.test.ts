import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Browser } from 'playwright-core'
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

/** Runs in the page: from now on, `renderedRows()` says how many rows of the text were drawn anew. */
const watchRows = `{
  const text = document.querySelector('[role=textbox]')
  const seen = new Set()
  const watch = new MutationObserver((changes) => {
    for (const { target } of changes) {
      const row = (target.closest ? target : target.parentElement)?.closest('[dir]')
      if (row && text.contains(row)) seen.add(row)
    }
  })
  watch.observe(text, { childList: true, characterData: true, subtree: true })
  window.renderedRows = () => (watch.disconnect(), seen.size)
}`

suite('the Bench for text', { skip: skipWithoutChromium() }, () => {
  let browser: Browser
  let site: Site
  before(async () => {
    site = await serveSite(await buildBenchPage())
    browser = await openBrowser()
  })
  after(async () => {
    await browser.close()
    await site.close()
  })

  async function open(query: string, viewport = { width: 1440, height: 900 }) {
    const opened = await openPage(browser, { viewport })
    await opened.page.goto(`${site.origin}/?${query}`)
    await opened.page.getByRole('textbox', { name: /Text of the item|نص العنصر/ }).waitFor()
    return opened
  }

  for (const [language, theme, width, height] of [
    ['en', 'light', 1440, 900],
    ['en', 'dark', 1280, 720],
    ['ar', 'light', 1280, 720],
    ['ar', 'dark', 1440, 900],
  ] as const)
    test(`BENCH20 the text Bench in ${language}, ${theme}, at ${width} pixels passes axe and the policy`, async () => {
      const { page, faults } = await open(`language=${language}&theme=${theme}`, { width, height })
      await page.keyboard.press('j')
      await page.keyboard.press('j')
      await page.keyboard.press('j')
      await shoot(page, `bench-text-${language}-${theme}-${width}`)
      const wide = await page.evaluate(() => document.documentElement.scrollWidth)
      assert.equal(wide, width)
      assert.deepEqual(await axeFindings(page), [])
      assert.deepEqual(faults, [])
      await page.context().close()
    })

  test('BENCH21 an item is marked, answered and submitted by keyboard alone', async () => {
    const { page, faults } = await open('marked=no')
    for (const press of ['Control+ArrowRight', 'Control+ArrowRight', 'Control+ArrowRight'])
      await page.keyboard.press(press)
    await page.keyboard.press('Control+Shift+ArrowLeft')
    await page.keyboard.press('4')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('alert').getByText('Answer “').waitFor()
    await shoot(page, 'bench-text-missing')
    await page.getByRole('radio', { name: 'complaint' }).focus()
    await page.keyboard.press('Space')
    await page.getByText(/^✓?Saved$/).waitFor()
    const draft = await page.evaluate(() => window.benchApi.drafts.get('0417'))
    assert.deepEqual(draft, {
      schema: 'call-notes@3',
      regions: [{ id: 'r1', anchor: { text: [[8, 9]] }, label: 'date' }],
      relations: [],
      answers: { intent: 'complaint' },
    })
    await page.keyboard.press('Control+Enter')
    await page.getByText('cn-0418').waitFor()
    const told = await page.evaluate(() => window.benchApi.told)
    assert.deepEqual(told, [{ submitted: '0417', annotation: draft }])
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  test('BENCH51 a submission that lacks an answer leads to its question, whose options have number keys', async () => {
    const { page, faults } = await open('marked=no')
    await page.keyboard.press('Control+Enter')
    await page.waitForFunction(
      () => document.activeElement?.closest('fieldset')?.textContent.includes('intent') === true,
    )
    await page.keyboard.press('2')
    assert.ok(await page.getByRole('radio', { name: 'complaint' }).isChecked())
    await page.keyboard.press('9')
    assert.ok(await page.getByRole('radio', { name: 'complaint' }).isChecked(), 'no ninth')
    await page.keyboard.press('Control+Enter')
    await page.getByText('cn-0418').waitFor()
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  test('BENCH22 the pointer marks, chooses and drags edges; nothing can be copied', async () => {
    const { page, faults } = await open('marked=no')
    const box = await page.getByText('Call of 3 November').boundingBox()
    assert.ok(box !== null)
    const y = box.y + 18
    await page.mouse.dblclick(box.x + 34, y)
    await page.keyboard.press('6')
    const marked = page.locator('[data-begins=complaint]')
    assert.equal(await marked.textContent(), 'Call')
    assert.equal(await page.evaluate(() => getSelection()?.toString()), '')
    await page.keyboard.press('Control+c')
    const handle = page.locator('[class*=handle]').last()
    const knob = await handle.boundingBox()
    assert.ok(knob !== null)
    await page.mouse.move(knob.x + 1, knob.y + 12)
    await page.mouse.down()
    await page.mouse.move(knob.x + 60, knob.y + 12, { steps: 4 })
    await page.mouse.up()
    await page.waitForFunction(
      () => (document.querySelector('[data-begins=complaint]')?.textContent.length ?? 0) > 6,
    )
    await page.mouse.click(box.x + 220, y)
    await page.locator('[class*=chosen][class*=seg]').waitFor({ state: 'detached' })
    await page.mouse.click(box.x + 110, y)
    await page.locator('[class*=chosen]').first().waitFor()
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  test('BENCH23 the door closes the screen: the text is out of the page, and the draft returns', async () => {
    const { page, faults } = await open('marked=no')
    await page.keyboard.press('Space')
    await page.keyboard.press('1')
    await page.getByText(/^✓?Saved$/).waitFor()
    await page.waitForFunction(() => window.benchApi.drafts.has('0417'))
    await page.evaluate(() => {
      window.benchApi.stand({ open: false, conditions: ['presence'] })
    })
    await page.getByRole('alert').getByText('take your badge').waitFor()
    assert.ok(!(await page.content()).includes('Oliveira'))
    assert.equal(await page.evaluate(() => CSS.highlights.size), 0)
    await shoot(page, 'bench-closed')
    await page.evaluate(() => {
      window.benchApi.stand({ open: true })
    })
    await page.locator('[data-begins=person]').waitFor()
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  test('BENCH24 search, skipping, handing back, own work and quality are at hand', async () => {
    const { page, faults } = await open('')
    await page.keyboard.press('Control+f')
    await page.keyboard.type('meridian water')
    await page.getByText('1 of 2 finds').waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('2 of 2 finds').waitFor()
    await shoot(page, 'bench-text-search')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'My quality' }).click()
    await page.getByText('94.2%').waitFor()
    await shoot(page, 'bench-quality')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Alt+s')
    await page.getByRole('radio', { name: 'Wrong language' }).click()
    await shoot(page, 'bench-skip')
    assert.deepEqual(await axeFindings(page), [])
    await page.getByRole('dialog').getByRole('button', { name: 'Skip' }).click()
    await page.getByText('cn-0418').waitFor()
    await page.getByText(/^✓?Saved$/).waitFor()
    await page.getByRole('radio', { name: 'agent', exact: true }).count()
    await page.keyboard.press('Control+Enter')
    await page.getByText('No items are waiting').waitFor()
    await shoot(page, 'bench-empty')
    assert.deepEqual(
      await page.evaluate(() => window.benchApi.told.map((told) => Object.keys(told)[0])),
      ['skipped', 'submitted'],
    )
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  test('BENCH48 behind a question no key works the item, and the focus comes back', async () => {
    const { page, faults } = await open('')
    const text = page.getByRole('textbox', { name: 'Text of the item' })
    await page.keyboard.press('Alt+s')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'textbox')
    assert.ok(await text.evaluate((element) => element === document.activeElement))
    await page.keyboard.press('Alt+s')
    await page.getByRole('radio', { name: 'Disturbing' }).click()
    await page.keyboard.press('Control+Enter')
    await page.getByText('cn-0418').waitFor()
    const told = await page.evaluate(() => window.benchApi.told)
    assert.deepEqual(told, [{ skipped: '0417', reason: { kind: 'disturbing', note: '' } }])
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  test('BENCH49 undo works from an answer, and Escape leads from there back to the text', async () => {
    const { page, faults } = await open('marked=no')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') !== 'textbox')
    const complaint = page.getByRole('radio', { name: 'complaint' })
    await complaint.focus()
    await page.keyboard.press('Space')
    await page.getByRole('radio', { name: 'complaint', checked: true }).waitFor()
    await page.keyboard.press('Control+z')
    await page.getByRole('radio', { name: 'complaint', checked: false }).waitFor()
    await page.keyboard.press('Control+y')
    await page.getByRole('radio', { name: 'complaint', checked: true }).waitFor()
    await page.keyboard.press('Escape')
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'textbox')
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  test('BENCH46 a mark chosen from the list comes into sight, however long the text', async () => {
    const { page, faults } = await open('long=50000')
    const list = page.getByRole('list', { name: 'Marked' })
    assert.ok((await list.getByRole('listitem').count()) < 40)
    await list.evaluate((element) => {
      element.scrollTop = element.scrollHeight
    })
    await list.locator('li[aria-posinset="1000"] button').click()
    await page.locator('[class*=seg][class*=chosen]').first().waitFor()
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  test('BENCH50 a key renders the rows that it changes and no other, in a long text full of marks', async () => {
    const { page } = await open('long=50000')
    await page.locator('[data-begins]').first().waitFor()
    const rendered = async (key: string) => {
      await page.evaluate(watchRows)
      await page.keyboard.press(key)
      await page.evaluate('new Promise((shown) => requestAnimationFrame(() => setTimeout(shown)))')
      return await page.evaluate<number>('renderedRows()')
    }
    assert.ok((await page.locator('[role=textbox] [dir]').count()) >= 6, 'several rows in the page')
    for (const key of ['ArrowRight', 'Control+ArrowRight', 'Shift+ArrowRight'])
      assert.equal(await rendered(key), 0, key)
    await page.keyboard.press('j')
    // A mark may reach over the end of its row, the one before as well.
    for (const key of ['j', 'j', '2']) {
      const rows = await rendered(key)
      assert.ok(rows >= 1 && rows <= 4, `${key} rendered ${rows} rows`)
    }
    await page.context().close()
  })

  test('BENCH16 a draft that the server did not take is said to be unsaved until it is', async () => {
    const { page, faults } = await open('marked=no')
    await page.evaluate(() => {
      window.benchApi.offline = true
    })
    await page.keyboard.press('Space')
    await page.keyboard.press('1')
    await page.getByRole('status').getByText('Not saved: no answer from the server').waitFor()
    await shoot(page, 'bench-text-unsaved')
    await page.evaluate(() => {
      window.benchApi.offline = false
    })
    await page.getByText(/^✓?Saved$/).waitFor()
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  test('BENCH25 a reviewer accepts, corrects or sends back with a reason', async () => {
    const { page, faults } = await open('mode=review&theme=dark')
    await shoot(page, 'bench-review-dark')
    await page.getByRole('button', { name: 'Accept and next' }).waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('Delete')
    await page.getByRole('button', { name: 'Accept with corrections' }).click()
    await page.getByText('cn-0418').waitFor()
    await page.keyboard.press('Alt+b')
    const send = page.getByRole('dialog').getByRole('button', { name: 'Send back' })
    assert.ok(await send.isDisabled())
    await page.getByRole('dialog').getByLabel('Reason').fill('Porto is missing')
    await shoot(page, 'bench-send-back')
    await send.click()
    await page.getByText('No items are waiting').waitFor()
    const verdicts = await page.evaluate(() =>
      window.benchApi.told.map((told) => ('verdict' in told ? told.verdict.is : '')),
    )
    assert.deepEqual(verdicts, ['corrected', 'sentBack'])
    assert.deepEqual(faults, [])
    await page.context().close()
  })
})
