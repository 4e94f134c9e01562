import assert from 'node:assert/strict'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { cloister, type Demonstration, runNode, verifier } from './demonstration.ts'
import { download, sitDown, standUp, type Workday } from './people.ts'
import { shootLooks } from './pictures.ts'

/** The auditor looks for who was shown an item, follows the item, and checks the proof of an entry. */
export async function auditorFindsReveal(
  day: Workday,
  where: Demonstration,
  folder: string,
): Promise<void> {
  const ida = await sitDown(day, where, 'Ida')
  await ida.getByRole('combobox', { name: 'Act' }).click()
  await ida.getByRole('option', { name: 'Was shown an item' }).click()
  await ida.getByRole('button', { name: 'Search' }).click()
  const row = ida.getByRole('row').filter({ hasText: 'ws-3' }).filter({ hasText: 'Done' })
  await row.first().waitFor()
  await shootLooks(ida, 'records')
  await row.first().getByRole('link').click()
  const seen = await factsOf(ida)
  assert.match(seen.get('Person') ?? '', /^per_/)
  assert.match(seen.get('Item') ?? '', /^itm_/)
  assert.deepEqual([seen.get('Workstation'), seen.get('Zone')], ['ws-3', 'floor-1'])
  assert.match(seen.get('Policies') ?? '', /confidential/)
  await ida.getByText('Cosigned by the witness').waitFor()
  await shootLooks(ida, 'entry')
  const proof = await download(ida, 'Download the proof', folder)
  assert.match(proof, /\.tlog-proof$/)
  const checked = await runNode(verifier, 'proof', proof, '--policy', where.policy, '--json')
  assert.equal(checked.code, 0, checked.stderr)

  await ida.getByRole('link', { name: '← Records' }).click()
  await ida.getByRole('textbox', { name: 'Item' }).fill(seen.get('Item') ?? '')
  await ida.getByRole('button', { name: 'Search' }).click()
  await ida.getByRole('row').filter({ hasText: 'Submitted an item' }).first().waitFor()
  await ida.getByRole('row').filter({ hasText: 'Decided a review' }).first().waitFor()
  await standUp(ida)
}

/** What an entry's page says, by the names that stand there. */
async function factsOf(page: Page): Promise<Map<string, string>> {
  const facts = page.getByRole('main').locator('dl').first()
  await facts.waitFor()
  const names = await facts.locator('dt').allInnerTexts()
  const values = await facts.locator('dd').allInnerTexts()
  return new Map(names.map((name, at) => [name, values[at] ?? '']))
}

/** Exports the log, checks it with the database and alone, then with one byte of a tile changed. */
export async function checkExportedLog(
  { operatorSocket, policy }: Demonstration,
  folder: string,
): Promise<void> {
  const dir = join(folder, 'log')
  const exported = await cloister('log', 'export', dir, '--from', operatorSocket)
  assert.equal(exported.code, 0, exported.stderr)
  const trust = ['--policy', policy]
  const sound = await cloister('log', 'verify', dir, ...trust, '--database', operatorSocket)
  assert.match(sound.stdout, /^The log is sound/)
  assert.match(sound.stdout, /The database agrees/)
  const tiles = join(dir, 'tile', '0')
  const [name = ''] = (await readdir(tiles)).sort()
  const tile = join(tiles, name)
  const bytes = await readFile(tile)
  bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40)
  await writeFile(tile, bytes)
  for (const refused of [
    await cloister('log', 'verify', dir, ...trust),
    await runNode(verifier, 'log', dir, ...trust),
  ]) {
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /tile\/(0|entries)\//)
  }
}
