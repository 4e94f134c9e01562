import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import type { Page } from 'playwright-core'
import { skipWithoutChromium } from '../support/browser.ts'
import { type Demonstration, startDemonstration } from '../support/demonstration.ts'
import {
  codeTold,
  openWorkday,
  plugInKey,
  sitDown,
  signOut,
  standUp,
  type Workday,
} from '../support/people.ts'
import { shootLooks } from '../support/pictures.ts'

suite('hiring by pages alone', { skip: skipWithoutChromium() }, () => {
  let folder: string
  let where: Demonstration
  let day: Workday
  let eve: Page

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hiring-'))
    where = await startDemonstration()
    day = await openWorkday(join(folder, 'profile'))
  })
  after(async () => {
    await day.context.close()
    await where.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test('DAY11 Eve is entered, vetted, trained and certified; she makes her key, signs, and sees that nothing is missing', async () => {
    const rosa = await sitDown(day, where, 'Rosa')
    await rosa.getByRole('textbox', { name: 'Name', exact: true }).fill('Eve')
    await rosa.getByRole('button', { name: 'Add the person' }).click()
    const code = await codeTold(rosa)
    await rosa.getByRole('link', { name: 'Eve' }).click()
    await recordAdmission(rosa)
    await standUp(rosa)

    eve = await day.context.newPage()
    await plugInKey(eve)
    await eve.goto(where.seatOf('Rosa'))
    await eve.getByRole('button', { name: /^First time here/ }).click()
    await eve.getByRole('textbox', { name: 'One-time code' }).fill(code)
    await eve.getByRole('button', { name: 'Make a key here' }).click()
    await eve.getByRole('link', { name: 'About me' }).click()
    await eve.getByText('Something is still missing').waitFor()
    await shootLooks(eve, 'about-me')
    await eve.getByRole('button', { name: 'Sign', exact: true }).click()
    const dialog = eve.getByRole('dialog')
    await dialog
      .getByRole('heading', { name: shown('Sign “Confidentiality”, version 1?') })
      .waitFor()
    await dialog.getByRole('button', { name: 'Sign', exact: true }).click()
    await eve.getByText('Nothing waits for your signature.').waitFor()
    await eve.getByText('Nothing is missing: you may be put on a team.').waitFor()
    await eve.getByText(shown('Confidentiality, version 1, signed ')).waitFor()
    await eve.getByText(shown('English, Texts, until Dec 31, 2099')).waitFor()
    await signOut(eve)
    assert.deepEqual(day.faults, [])
  })

  test('DAY11 Sofia asks for a role for Eve, and Eve has the workplace of it when Otto has confirmed it', async () => {
    const sofia = await sitDown(day, where, 'Sofia')
    await sofia.getByRole('link', { name: 'People', exact: true }).click()
    await sofia.getByRole('link', { name: 'Eve' }).click()
    await sofia.getByRole('checkbox', { name: 'Guard' }).check()
    await sofia.getByRole('button', { name: 'Ask for these roles' }).click()
    await sofia.getByText('Role waits').waitFor()
    await shootLooks(sofia, 'roles')
    await standUp(sofia)
    assert.equal(await workplaces(eve), 'Bench, About me')

    const otto = await sitDown(day, where, 'Otto')
    await otto.getByRole('link', { name: 'People', exact: true }).click()
    const waiting = otto.getByRole('region', { name: 'Waiting for a second officer' })
    await waiting.getByText(shown('Asked for by Sofia')).waitFor()
    await shootLooks(otto, 'waiting')
    await waiting.getByRole('button', { name: 'Confirm' }).click()
    await waiting.waitFor({ state: 'detached' })
    await standUp(otto)
    assert.equal(await workplaces(eve), 'Gatehouse, About me')
    assert.deepEqual(day.faults, [])
  })
})

/** What stands in the bar of somebody who comes to the seat, signs in with their own key, and leaves. */
async function workplaces(page: Page): Promise<string> {
  await page.reload()
  await page.getByRole('button', { name: 'Use my key' }).click()
  const links = page.getByRole('navigation').getByRole('link')
  await links.last().waitFor()
  const names = await links.allInnerTexts()
  await signOut(page)
  return names.join(', ')
}

/** Words as a page shows them: what is filled in stands between isolates (U+2068, U+2069). */
function shown(words: string): RegExp {
  const loose = (letter: string) => `${letter.replace(/[?.]/, '[$&]')}[\u2068\u2069]*`
  return new RegExp(words.replaceAll(/./gu, loose))
}

/** What a recruiter records of somebody, on their page. */
async function recordAdmission(page: Page): Promise<void> {
  await record(
    page,
    ['Check', 'Record a check'],
    [
      ['Check', 'background'],
      ['Country', 'ES'],
      ['Valid until', '2099-12-31'],
    ],
  )
  for (const course of ['data-protection', 'clean-room'])
    await record(
      page,
      ['Course', 'Record a course'],
      [
        ['Course', course],
        ['Score', '95'],
      ],
    )
  await record(
    page,
    ['Certificate', 'Certify'],
    [
      ['Language', 'en'],
      ['Valid until', '2099-12-31'],
    ],
  )
  const [begins, ends] = [0, 8].map((hours) => moment(new Date(Date.now() + hours * 3_600_000)))
  await record(
    page,
    ['Shift', 'Plan a shift'],
    [
      ['Begins', begins ?? ''],
      ['Ends', ends ?? ''],
    ],
  )
  await page.getByText(shown('English, Texts')).waitFor()
}

async function record(
  page: Page,
  [tab, title]: readonly [string, string],
  fields: readonly (readonly [string, string])[],
) {
  await page.getByRole('tab', { name: tab, exact: true }).click()
  const form = page.getByRole('form', { name: title })
  for (const [name, value] of fields) await form.getByRole('textbox', { name }).fill(value)
  const answered = page.waitForResponse((answer) => answer.request().method() !== 'GET')
  await form.getByRole('button', { name: 'Record' }).click()
  assert.equal((await answered).status(), 200, title)
}

/** Day and time as a person types them, in the workstation's time. */
function moment(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`
}
