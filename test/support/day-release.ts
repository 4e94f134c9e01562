import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import type { Page } from 'playwright-core'
import { cloister, type Demonstration, runNode, verifier } from './demonstration.ts'
import { download, sitDown, standUp, type Workday } from './people.ts'
import { shootLooks } from './pictures.ts'

/** The client registers a key; a manager and a releaser confirm it. Answers the identity's file. */
export async function registerAndConfirmKey(
  day: Workday,
  where: Demonstration,
  carla: Page,
  folder: string,
): Promise<string> {
  const identity = await generateX25519Identity()
  const file = join(folder, 'client-key.txt')
  await writeFile(file, `${identity}\n`, { mode: 0o600 })
  await carla.getByRole('textbox', { name: 'Public key' }).fill(await identityToRecipient(identity))
  await carla.getByRole('button', { name: 'Register' }).click()
  await carla.getByText('Read this fingerprint').waitFor()
  for (const [name, count] of [
    ['Mara', 1],
    ['Noor', 2],
  ] as const) {
    const page = await sitDown(day, where, name)
    await page.getByRole('link', { name: /^Northwind Voice/ }).click()
    await page.getByRole('button', { name: 'Confirm', exact: true }).click()
    await page.getByText(`${count} of 2 confirmed`).waitFor()
    await shootLooks(page, `client-of-desk-${name.toLowerCase()}`)
    await standUp(page)
  }
  return file
}

/** A manager proposes, a releaser approves, the client downloads. Answers the package's file. */
export async function release(
  day: Workday,
  where: Demonstration,
  carla: Page,
  folder: string,
): Promise<string> {
  const mara = await sitDown(day, where, 'Mara')
  await mara.getByRole('link', { name: 'aurora' }).waitFor()
  await shootLooks(mara, 'desk')
  await openDeliveries(mara)
  await mara.getByRole('button', { name: 'Propose a release' }).click()
  await mara.getByText('You proposed it; somebody else approves it.').waitFor()
  await shootLooks(mara, 'deliveries')
  await standUp(mara)
  const noor = await sitDown(day, where, 'Noor')
  await openDeliveries(noor)
  await noor.getByRole('button', { name: 'Approve' }).click()
  await noor.getByText('Ready to download').waitFor({ timeout: 120_000 })
  await standUp(noor)
  await carla.reload()
  await carla.getByRole('link', { name: 'Download the package' }).waitFor({ timeout: 30_000 })
  await shootLooks(carla, 'client')
  return download(carla, 'Download the package', folder)
}

async function openDeliveries(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'aurora' }).click()
  await page.getByRole('tab', { name: 'Deliveries' }).click()
}

interface Delivered {
  readonly delivery: string
  readonly identity: string
  readonly folder: string
}

/** What the client does with the package, without the server; and what one changed byte does to it. */
export async function checkPackageOffline(
  { policy }: Demonstration,
  { delivery, identity, folder }: Delivered,
): Promise<void> {
  const trust = ['--policy', policy]
  const verified = await cloister('delivery', 'verify', delivery, ...trust)
  assert.match(verified.stdout, /^The package is sound: 20 items of aurora/)
  const alone = await runNode(verifier, 'delivery', delivery, ...trust)
  assert.match(alone.stdout, /^The package is sound: 20 items of aurora/)
  const out = join(folder, 'opened')
  const opened = await cloister(
    ...['delivery', 'open', delivery, '--identity', identity, ...trust, '--out', out],
  )
  assert.match(opened.stdout, /^Opened: 20 items/)

  const bytes = await readFile(delivery)
  const payload = bytes.indexOf('payload.age')
  bytes.writeUInt8(bytes.readUInt8(payload + 1024) ^ 1, payload + 1024)
  const changed = join(folder, 'changed.tar')
  await writeFile(changed, bytes)
  for (const refused of [
    await cloister('delivery', 'verify', changed, ...trust),
    await runNode(verifier, 'delivery', changed, ...trust),
  ]) {
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /payload\.age/)
  }
}
