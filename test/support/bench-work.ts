import type { Locator, Page } from 'playwright-core'

/** The item that a Bench shows, by the reference in its head. */
function reference(page: Page): Locator {
  return page.getByRole('main').locator('header bdi').first()
}

/** Begins, or goes on with, a person's work on a project. */
export async function begin(page: Page, project: string, work: 'Annotate' | 'Review') {
  const row = page
    .getByRole('region', { name: project })
    .getByRole('listitem')
    .filter({ hasText: work })
  await row.getByRole('button', { name: /^(Begin|Go on)$/ }).click()
  await reference(page).waitFor()
}

/** Marks the word under the caret, by keyboard, and says what the whole item is about. */
export async function markFirstWord(page: Page, label: string, intent: string): Promise<void> {
  await page.getByRole('textbox', { name: /^Text of the item/ }).focus()
  await page.keyboard.press('Space')
  await page.keyboard.press(label)
  await page.getByRole('radio', { name: intent, exact: true }).focus()
  await page.keyboard.press('Space')
}

/** Marks words by keyboard: so many are passed over from the caret, the next so many are marked. */
export async function markWords(
  page: Page,
  { over, marked, label }: { over: number; marked: number; label: string },
): Promise<void> {
  await page.getByRole('textbox', { name: /^Text of the item/ }).focus()
  for (let word = 0; word < over; word += 1) await page.keyboard.press('Control+ArrowRight')
  for (let word = 0; word < marked; word += 1) await page.keyboard.press('Control+Shift+ArrowRight')
  await page.keyboard.press(label)
}

/** Waits until what was done is kept on the server. */
export async function untilSaved(page: Page): Promise<void> {
  await page.getByText(/^✓?\s*Saved$/).waitFor()
}

/**
 * Finishes the item by keyboard and waits for the next one.
 * @returns whether there is a next one
 */
export async function finish(page: Page): Promise<boolean> {
  const before = (await reference(page).textContent()) ?? ''
  await page.keyboard.press('Control+Enter')
  const none = page.getByRole('heading', { name: 'No items are waiting' })
  await none
    .or(reference(page).filter({ hasNotText: before }))
    .first()
    .waitFor()
  return !(await none.isVisible())
}
