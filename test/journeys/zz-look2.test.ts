import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import type { Page } from 'playwright-core'
import { startDemonstration } from '../support/demonstration.ts'
import { openWorkday, sitDown, standUp, walk } from '../support/people.ts'
import { shoot, shootLooks } from '../support/pictures.ts'

const small = { width: 1280, height: 800 }
suite('look', () => {
  test('look', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'look-'))
    const where = await startDemonstration()
    const day = await openWorkday(join(folder, 'profile'))
    const sit = async (name: string) => {
      const page = await sitDown(day, where, name)
      await page.setViewportSize(small)
      return page
    }
    const step = async (name: string, work: () => Promise<void>) => {
      try { await work() } catch (error) { console.log('STEP', name, String(error).slice(0, 600)) }
    }
    try {
      const building = await day.context.newPage()
      await building.setViewportSize(small)
      await building.goto(where.building)
      await building.getByRole('button', { name: 'Walk here' }).first().waitFor()
      await shoot(building, 'building')
      const tabs = async (page: Page, prefix: string, names: string[]) => {
        for (const name of names) {
          await page.getByRole('tab', { name, exact: true }).click()
          await page.waitForTimeout(500)
          await shoot(page, `${prefix}-${name.toLowerCase().replaceAll(' ', '-')}`)
        }
      }
      await step('gus', async () => {
        const page = await sit('Gus')
        await page.getByText('Floor 1').first().waitFor()
        await walk(building, 'Ben', 'floor-1')
        await page.waitForTimeout(600)
        await shootLooks(page, 'gatehouse')
        await page.getByRole('button', { name: 'Shut this zone' }).nth(2).click()
        await shoot(page, 'gatehouse-shut')
        await page.getByRole('dialog').getByRole('button', { name: 'Shut this zone' }).click()
        await page.getByRole('dialog').waitFor({ state: 'detached' })
        await page.getByRole('button', { name: 'Open it again' }).waitFor()
        await shoot(page, 'gatehouse-was-shut')
        await page.getByRole('button', { name: 'Where is Ben really?' }).click()
        await shoot(page, 'gatehouse-correct')
        await page.keyboard.press('Escape')
        await tabs(page, 'gatehouse', ['Controllers', 'Workstations'])
        await standUp(page)
      })
      await step('ida', async () => {
        const page = await sit('Ida')
        await page.getByRole('row').nth(3).waitFor()
        await shootLooks(page, 'records')
        await page.getByRole('textbox', { name: 'Person' }).fill('per_nobody')
        await page.getByRole('button', { name: 'Search' }).click()
        await page.waitForTimeout(800)
        await shoot(page, 'records-empty')
        await page.getByRole('textbox', { name: 'Person' }).fill('')
        await page.getByRole('button', { name: 'Search' }).click()
        await page.getByRole('row').nth(3).getByRole('link').click()
        await page.getByText('Act in the log').waitFor()
        await shootLooks(page, 'entry')
        await standUp(page)
      })
      await step('carla', async () => {
        const page = await sit('Carla')
        await page.getByText('Your delivery key').waitFor()
        await shootLooks(page, 'client')
      })
    } finally {
      await day.context.close()
      await where.stop()
      await rm(folder, { recursive: true, force: true })
    }
  })
})
