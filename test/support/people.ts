import { join } from 'node:path'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import { browserOptions } from './browser.ts'
import type { Demonstration } from './demonstration.ts'
import { pictureSize } from './pictures.ts'

/** A browser whose profile lies in a directory, as that of a workstation does. */
export interface Workday {
  readonly context: BrowserContext
  /** What the browser complained of: refused by a page's policy, or thrown. */
  readonly faults: readonly string[]
}

/** Opens a browser over a profile that stays on disk when it is closed. */
export async function openWorkday(profile: string): Promise<Workday> {
  const context = await chromium.launchPersistentContext(profile, {
    ...browserOptions(),
    viewport: pictureSize ?? { width: 1440, height: 900 },
    locale: 'en-GB',
  })
  context.setDefaultTimeout(20_000)
  const faults: string[] = []
  context.on('weberror', (error) => faults.push(`thrown: ${error.error().message}`))
  context.on('console', (message) => {
    if (message.text().startsWith('policy: ')) faults.push(message.text())
  })
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`)
    })
  })
  return { context, faults }
}

/** Walks somebody on the page of the simulated building, and waits until they are there. */
export async function walk(building: Page, name: string, zone: string): Promise<void> {
  const person = new RegExp(`^${name}`)
  await building
    .getByRole('button', { name: person })
    .and(building.locator('[aria-pressed=false]'))
    .click()
  const place = building.locator(`[data-zone="${zone}"]`)
  await place.getByRole('button', { name: 'Walk here' }).click()
  await place.getByRole('button', { name: person }).waitFor()
  await building.getByRole('button', { name: person }).click()
}

/** Signs somebody in with the software key of the seat, at the sign-in that the page shows. */
export async function signIn(page: Page, name: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Name on the software key' }).fill(name)
  await page.getByRole('button', { name: 'Use the software key' }).click()
  await page.getByRole('banner').getByRole('button', { name }).waitFor()
}

/** Opens somebody's seat and signs them in there. */
export async function sitDown(day: Workday, where: Demonstration, name: string): Promise<Page> {
  const page = await day.context.newPage()
  await page.goto(where.seatOf(name))
  await signIn(page, name)
  return page
}

/** Signs out and keeps the page, with the key that is plugged in there. */
export async function signOut(page: Page): Promise<void> {
  await page.getByRole('banner').getByRole('button').last().click()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
}

/** Signs out and leaves the seat to the next. */
export async function standUp(page: Page): Promise<void> {
  await signOut(page)
  await page.close()
}

/** The one-time code that a dialog shows; closes it, as whoever has written it down does. */
export async function codeTold(page: Page): Promise<string> {
  const words = await page.getByRole('dialog').innerText()
  const [code = ''] = /[a-z2-7]{5}(-[a-z2-7]{5}){3}/.exec(words) ?? []
  await page.getByRole('button', { name: 'I have written it down' }).click()
  return code
}

/** Gives a page an authenticator of the browser's own, with a user who is always verified. */
export async function plugInKey(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}

/** Follows a link that downloads, and says where the file was put. */
export async function download(page: Page, link: string, folder: string): Promise<string> {
  const coming = page.waitForEvent('download')
  await page.getByRole('link', { name: link }).click()
  const file = await coming
  const path = join(folder, file.suggestedFilename())
  await file.saveAs(path)
  return path
}
