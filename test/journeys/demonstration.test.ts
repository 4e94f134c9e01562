import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { begin, finish, markFirstWord, markWords, untilSaved } from '../support/bench-work.ts'
import { skipWithoutChromium } from '../support/browser.ts'
import { type Demonstration, startDemonstration } from '../support/demonstration.ts'
import { makeSegment, secondsUntilBlank } from '../support/day.ts'
import { auditorFindsReveal, checkExportedLog } from '../support/day-records.ts'
import { checkPackageOffline, registerAndConfirmKey, release } from '../support/day-release.ts'
import {
  codeTold,
  openWorkday,
  plugInKey,
  sitDown,
  standUp,
  walk,
  type Workday,
} from '../support/people.ts'
import { shoot, shootLooks } from '../support/pictures.ts'
import { markersIn } from '../support/profile.ts'

const reason = 'Mark the surname together with its title.'
const transcript = 'so um the invented caller hesitates here'

suite('a newcomer’s day', { skip: skipWithoutChromium() }, () => {
  let folder: string
  let where: Demonstration
  let day: Workday
  let building: Page
  let ana: Page
  let ben: Page
  let identity: string
  let delivery: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'day-'))
    where = await startDemonstration()
    day = await openWorkday(join(folder, 'profile'))
    building = await day.context.newPage()
    await building.goto(where.building)
  })
  after(async () => {
    await day.context.close()
    await where.stop()
    await rm(folder, { recursive: true, force: true })
  })

  test('DAY1 Ana walks in, makes a key of the browser’s own with a code that two people gave out, and signs in with it', async () => {
    await shoot(building, 'building')
    const rosa = await sitDown(day, where, 'Rosa')
    await rosa.getByRole('link', { name: 'Ana', exact: true }).waitFor()
    await shootLooks(rosa, 'people')
    await rosa.getByRole('link', { name: 'Ana', exact: true }).click()
    await rosa.getByText('Keys and access').waitFor()
    await shootLooks(rosa, 'person')
    await rosa.getByRole('button', { name: 'Request a new key' }).click()
    await rosa.getByText('You requested it; somebody else approves it.').waitFor()
    await standUp(rosa)
    const sofia = await sitDown(day, where, 'Sofia')
    await sofia.getByRole('link', { name: 'People', exact: true }).click()
    await sofia.getByRole('link', { name: 'Ana', exact: true }).click()
    await sofia.getByRole('button', { name: 'Approve the replacement' }).click()
    const code = await codeTold(sofia)
    await standUp(sofia)

    await walk(building, 'Ana', 'floor-1')
    ana = await day.context.newPage()
    await plugInKey(ana)
    await ana.goto(where.seatOf('Ana'))
    await shoot(ana, 'sign-in')
    await ana.getByRole('button', { name: /^First time here/ }).click()
    await ana.getByRole('textbox', { name: 'One-time code' }).fill(code)
    await ana.getByRole('button', { name: 'Make a key here' }).click()
    await ana.getByRole('heading', { name: 'Your work' }).waitFor()
    await shootLooks(ana, 'home')
  })

  test('DAY2 Ana marks spans in a text and writes down a segment of a recording, by keyboard', async () => {
    await begin(ana, 'borealis', 'Annotate')
    await makeSegment(ana, transcript)
    await untilSaved(ana)
    await shootLooks(ana, 'bench-audio')
    assert.ok(await finish(ana), 'another recording waits')
    await ana.getByRole('button', { name: 'Other work' }).click()
    await begin(ana, 'aurora', 'Annotate')
    // Play the new album by [Marta Ferrán] in the [kitchen].
    await markWords(ana, { over: 5, marked: 2, label: '1' })
    await markWords(ana, { over: 2, marked: 1, label: '2' })
    for (const key of ['Escape', 'Enter', '1']) await ana.keyboard.press(key)
    await untilSaved(ana)
    await shootLooks(ana, 'bench-text')
  })

  test('DAY3 Ana is sent to the lobby: her screen is blank and says why; let in again, she finds her draft', async (t: TestContext) => {
    const text = ana.getByRole('textbox', { name: /^Text of the item/ })
    const [, words = ''] = /^(?:\S+\s){2}(\S+ \S+ \S+)/.exec(await text.innerText()) ?? []
    assert.notEqual(words, '')
    const seconds = await secondsUntilBlank(ana, where, () => walk(building, 'Ana', 'lobby'))
    t.diagnostic(`from the door's event to the blank page: ${(seconds * 1000).toFixed(0)} ms`)
    assert.ok(seconds < 5, 'blank within seconds even on a busy machine')
    const left = await ana.content()
    assert.equal(left.includes(words), false, 'nothing of the item is left in the page')
    await ana.getByRole('heading', { name: 'This screen is closed' }).waitFor()
    await ana
      .getByText(/not in|not placed|doors/)
      .first()
      .waitFor()
    await shoot(ana, 'blank')

    await walk(building, 'Ana', 'floor-1')
    const again = ana.getByRole('button', { name: 'Sign in again' })
    if (!(await again.isVisible())) await ana.getByRole('button', { name: 'Ask again' }).click()
    await again.click()
    await ana.getByRole('button', { name: 'Use my key' }).click()
    await begin(ana, 'aurora', 'Annotate')
    await ana.getByRole('heading', { name: 'Marked · 2' }).waitFor()
    assert.ok(await ana.getByRole('radio', { name: 'play', exact: true }).isChecked())
  })

  test('DAY4 Ben signs in with the software key and accepts, corrects and sends back; Ana mends it', async () => {
    for (let more = await finish(ana); more; more = await finish(ana))
      await markFirstWord(ana, '1', 'search')
    await walk(building, 'Ben', 'floor-1')
    ben = await sitDown(day, where, 'Ben')
    await begin(ben, 'aurora', 'Review')
    await shootLooks(ben, 'review')
    assert.ok(await finish(ben))
    await ben.getByRole('textbox', { name: /^Text of the item/ }).focus()
    for (const key of ['End', 'Control+Shift+ArrowLeft', '2']) await ben.keyboard.press(key)
    await ben.getByRole('button', { name: /^Accept with corrections/ }).waitFor()
    assert.ok(await finish(ben))
    await ben.keyboard.press('Alt+B')
    await ben.getByRole('textbox', { name: 'Reason' }).fill(reason)
    await ben.getByRole('dialog').getByRole('button', { name: 'Send back' }).click()
    await ben.getByRole('dialog').waitFor({ state: 'detached' })
    for (let more = true; more;) more = await finish(ben)

    // Whoever has nothing in hand is told when an item comes back.
    await ana.getByText(reason).waitFor()
    await shoot(ana, 'sent-back')
    await finish(ana)
    await ben.getByRole('button', { name: 'Look again' }).click()
    await ben.getByRole('textbox', { name: /^Text of the item/ }).waitFor()
    assert.equal(await finish(ben), false, 'every item is reviewed')
  })

  test('DAY12 Gus at the guard post sees who is in the room, as the doors report it', async () => {
    const gus = await sitDown(day, where, 'Gus')
    const room = gus.getByRole('region', { name: 'Floor 1' })
    await room.getByText('Ana', { exact: true }).waitFor()
    await room.getByText('Ben', { exact: true }).waitFor()
    assert.equal(await room.getByRole('listitem').count(), 2)
    await shootLooks(gus, 'gatehouse')
    await standUp(gus)
  })

  test('DAY5 Carla’s key is confirmed by two people; Mara proposes, Noor approves, and Carla downloads', async () => {
    const carla = await sitDown(day, where, 'Carla')
    identity = await registerAndConfirmKey(day, where, carla, folder)
    delivery = await release(day, where, carla, folder)
  })

  test('DAY6 the package is accepted and opened offline, and a changed byte is named with its file', async () => {
    await checkPackageOffline(where, { delivery, identity, folder })
  })

  test('DAY7 the auditor finds who saw an item, where and under which policies, with a proof', async () => {
    await auditorFindsReveal(day, where, folder)
  })

  test('DAY8 the exported log holds and agrees with the database; a changed byte is named', async () => {
    await checkExportedLog(where, folder)
  })

  test('DAY9 nothing that was confidential is in the browser’s profile, and a marker that a page stores is found', async () => {
    const items = await readFile(
      new URL('../../demonstration/aurora/manifest.jsonl', import.meta.url),
      'utf8',
    )
    const texts = items.split('\n').flatMap((line) => /"text": "([^"]{16,})/.exec(line)?.[1] ?? [])
    assert.ok(texts.length >= 18)
    const secrets = [...texts.map((text) => text.slice(0, 16)), reason, transcript]
    secrets.push('Mark what the speaker names', 'just before the first sound')
    await day.context.close()
    assert.deepEqual(await markersIn(join(folder, 'profile'), secrets), [])

    const control = await openWorkday(join(folder, 'control'))
    const page = await control.context.newPage()
    await page.goto(where.building)
    await page.evaluate((marker) => {
      localStorage.setItem('planted', marker)
    }, reason)
    await control.context.close()
    const found = await markersIn(join(folder, 'control'), secrets)
    assert.deepEqual([...new Set(found.map(({ marker }) => marker))], [reason])
  })

  test('DAY10 no page of the day threw or was refused anything by its own policy', () => {
    assert.deepEqual(day.faults, [])
  })
})
