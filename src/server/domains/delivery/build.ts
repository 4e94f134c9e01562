import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Tx } from '../../kernel/db.ts'
import { syncFolder } from '../../kernel/durable.ts'
import { record } from '../audit/index.ts'
import { type Packed, writePackage } from './package.ts'
import { SetFallen, writePayload } from './payload.ts'
import { fallen, wordsOf } from './set.ts'
import { moveDelivery } from './stamps.ts'
import { deliveryById } from './store.ts'
import {
  type BuildOrder,
  type BuildPass,
  type Delivery,
  underPass,
  type Workshop,
} from './workshop.ts'

/**
 * Builds the package of an approved delivery: opens every annotation of its set under a pass of its
 * own, seals the payload for the client, signs the manifest. The package appears whole or not at
 * all; a build that was cut off is begun again from its start. Where something of the set stands no
 * more, nothing is delivered: the delivery is refused, in its row and in the log.
 */
export async function buildDelivery(
  shop: Workshop,
  order: BuildOrder,
  signal: AbortSignal,
): Promise<void> {
  const { id } = order
  const row = await underPass(shop, order, (tx) => deliveryById(tx, id))
  if (row === undefined || row.state !== 'approved') return
  const incoming = join(shop.packages, 'incoming')
  await mkdir(incoming, { recursive: true, mode: 0o700 })
  const draft = join(incoming, `${id}-${randomBytes(4).toString('hex')}`)
  try {
    const payload = await writePayload(shop, row, `${draft}.age`, signal)
    const packed = await writePackage(shop, row, { path: draft, payload, signal })
    await finish(shop, row, { draft, packed, items: payload.items })
  } catch (error) {
    if (!(error instanceof SetFallen)) throw error
    await refuse(shop, row)
  } finally {
    await rm(`${draft}.age`, { force: true })
    await rm(draft, { force: true })
  }
}

/**
 * Removes drafts that cut-off builds left behind. Where other processes may be building, `before` lies
 * longer ago than any build lasts, and what was written since is left; without it nobody else builds.
 */
export async function sweepDrafts(packages: string, before?: Date): Promise<void> {
  const incoming = join(packages, 'incoming')
  for (const name of await readdir(incoming).catch(() => [])) {
    const path = join(incoming, name)
    const written = before && (await stat(path).catch(() => null))?.mtime
    if (before === undefined || (written && written < before)) await rm(path, { force: true })
  }
}

/**
 * The package takes its name while its row is held and before that is committed: a row never names
 * a file that is not whole, and of two builds, or of a build and a recall, one alone has its way.
 */
async function finish(
  shop: Workshop,
  row: Delivery,
  { draft, packed, items }: { draft: string; packed: Packed; items: number },
): Promise<void> {
  const file = `${row.id}.tar`
  await underPass(shop, row, async (tx, pass) => {
    const { size, sha256 } = packed
    const built = { state: 'built', file, items, size, built_at: pass.at } as const
    const hash = Buffer.from(sha256, 'hex')
    const moved = await moveDelivery(tx, row.id, ['approved'], { ...built, sha256: hash })
    if (moved === undefined) return
    // The pages were read one after another; this is one moment for all of them.
    if ((await fallen(tx, row)) > 0) throw new SetFallen()
    await recordBuild(shop, tx, pass, { package: sha256, manifest: packed.manifest, items })
    await rename(draft, join(shop.packages, file))
    await syncFolder(shop.packages)
  })
}

/** The end of a delivery whose set stands no more; another one has to be proposed. */
async function refuse(shop: Workshop, row: Delivery): Promise<void> {
  await underPass(shop, row, async (tx, pass) => {
    const moved = await moveDelivery(tx, row.id, ['approved'], {
      ...{ state: 'refused', ended_at: pass.at },
    })
    if (moved === undefined) return
    await recordBuild(shop, tx, pass, { ...wordsOf(row.id, row), changed: await fallen(tx, row) }, [
      'conflict',
    ])
  })
}

async function recordBuild(
  shop: Workshop,
  tx: Tx,
  pass: BuildPass,
  words: Readonly<Record<string, unknown>>,
  refused: readonly string[] = [],
): Promise<void> {
  const details = await shop.sealDetails(tx, words, pass.project)
  record(tx, {
    ...{ time: shop.now(), actor: pass.actor, action: pass.action },
    ...{ resource: `Delivery::${pass.resource.id}`, project: pass.project, item: null },
    ...{ door: pass.door, workstation: null, zone: null },
    ...{ outcome: refused.length > 0 ? 'failed' : 'done', details },
    policies: refused.length > 0 ? refused : pass.policies,
  })
}
