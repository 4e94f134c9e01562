import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'

const folder = process.env['CLOISTER_SHOTS']

/** The size of a page that is to stand in a guide; undefined where no pictures are asked for. */
export const pictureSize = folder === undefined ? undefined : { width: 1280, height: 800 }

/** Takes a picture of a page that waits for nothing, where CLOISTER_SHOTS names a folder for them; otherwise nothing. */
export async function shoot(page: Page, name: string): Promise<void> {
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  await page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null)
  await page.screenshot({ path: join(folder, `${name}.png`) })
}

/**
 * Pictures of a signed-in person's page as it is, in the dark theme, and in Arabic. The page is
 * left in English and light.
 */
export async function shootLooks(page: Page, name: string): Promise<void> {
  if (folder === undefined) return
  await shoot(page, name)
  await choose(page, ['Dark'])
  await shoot(page, `${name}-dark`)
  await choose(page, ['Light', 'العربية'])
  await shoot(page, `${name}-ar`)
  await choose(page, ['English'])
}

/** Makes choices in the person's own dialog; they hold until the page is left. */
async function choose(page: Page, choices: readonly string[]): Promise<void> {
  await page.getByRole('banner').getByRole('button').last().click()
  for (const name of choices) await page.getByRole('radio', { name, exact: true }).check()
  await page.getByRole('dialog').getByRole('button').last().click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
}
