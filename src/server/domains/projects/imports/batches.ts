import { createHash } from 'node:crypto'
import {
  type Encoding,
  type ImportBegun,
  type ImportStanding,
  ManifestHead,
} from '#shared/imports.ts'
import { Problem } from '#shared/problems.ts'
import type { Tx } from '../../../kernel/db.ts'
import { newId } from '../../../kernel/random.ts'
import type { Pass } from '../../access/index.ts'
import { projectFacts } from '../store.ts'
import type { ImportGround } from './ground.ts'
import { splitHead } from './head.ts'
import {
  anyNotFree,
  batchById,
  batchOfManifest,
  deleteSomeItems,
  endBatch,
  insertBatch,
  lockBatch,
  unfinishedUndo,
} from './store.ts'

type Batch = NonNullable<Awaited<ReturnType<typeof lockBatch>>>

/** A manifest that was read to its end: what it is, how it is to be read, and whether a scanner saw it. */
export interface SeenManifest {
  readonly encoding: Encoding
  readonly sha256: Buffer
  readonly scanned: boolean
}

/**
 * Reads a manifest, which follows its head, past the scanner.
 * @throws Problem `invalid-input` for its head; VaultFault 'infected' or 'scanner-unavailable'
 */
export async function seeManifest(
  { scanner }: ImportGround,
  bytes: AsyncIterable<Uint8Array>,
): Promise<SeenManifest> {
  const digest = createHash('sha256')
  const { head, rest } = await splitHead(ManifestHead, bytes)
  const passing = async function* () {
    for await (const piece of rest) {
      digest.update(piece)
      yield piece
    }
  }
  const pieces = passing()
  const verdict = await scanner.scan(pieces)
  if (verdict.kind === 'infected') throw new Problem('infected', { signature: verdict.signature })
  // Without a scanner nobody has read the stream yet.
  let unread = 0
  for await (const piece of pieces) unread += piece.length
  return { ...head, sha256: digest.digest(), scanned: verdict.kind === 'clean' && unread === 0 }
}

/**
 * Begins the batch of a manifest, or finds the one that the same manifest began.
 * @throws Problem `not-ready` where terms or instruction are missing, the project is closed, or an
 *   undoing was interrupted; `conflict` where the manifest was begun in another encoding
 */
export async function beginImport(
  pass: Pass<'projects.import.order'>,
  tx: Tx,
  { sha256, encoding, scanned }: SeenManifest,
): Promise<ImportBegun> {
  const project = projectOf(pass)
  const facts = await projectFacts(tx, project, null, null, pass.at)
  if (facts === undefined) throw new Problem('not-found')
  const missing = [
    ...(facts.terms ? [] : ['terms']),
    ...(facts.instructed ? [] : ['instruction']),
    ...(facts.state === 'closed' ? ['open project'] : []),
  ]
  if (missing.length > 0) throw new Problem('not-ready', { missing })
  const undoing = await unfinishedUndo(tx, project)
  if (undoing !== undefined) throw new Problem('not-ready', { undoing })
  await insertBatch(tx, {
    ...{ id: newId('bat'), project, manifest: sha256, encoding },
    ...{ by: pass.actor, now: pass.at },
  })
  const batch = await batchOfManifest(tx, project, sha256)
  if (batch === undefined) throw new Problem('conflict')
  if (batch.encoding !== encoding)
    throw new Problem('conflict', {
      reason: `this manifest was begun as ${batch.encoding}: name that, or undo ${batch.id} first`,
    })
  return { ...standingOf(batch), scanned }
}

/**
 * Closes a batch after its last row.
 * @throws Problem `conflict` when rows are missing, or the manifest was changed while it was read
 */
export async function endImport(
  pass: Pass<'projects.import.run'>,
  tx: Tx,
  id: string,
  end: { readonly rows: number; readonly sha256: string },
): Promise<ImportStanding> {
  const batch = await heldBatch(pass, tx, id)
  if (batch.next_row !== end.rows) throw new Problem('conflict', { rows: batch.next_row })
  if (batch.manifest.toString('hex') !== end.sha256)
    throw new Problem('conflict', { where: 'manifest' })
  if (batch.state === 'importing') await endBatch(tx, id, 'ready', pass.at)
  return { ...standingOf(batch), state: batch.state === 'importing' ? 'ready' : batch.state }
}

export async function readImport(
  pass: Pass<'projects.import.run'>,
  tx: Tx,
  id: string,
): Promise<ImportStanding> {
  const batch = await batchById(tx, projectOf(pass), id)
  if (batch === undefined) throw new Problem('not-found')
  return standingOf(batch)
}

/** Items whose rows, keys and ciphertext go in one transaction of an undoing. */
const atOnce = 2000

/**
 * Undoes a batch that nobody has begun to work on: the first call takes it out of the queue, and each
 * deletes some of its items for good. Repeated until `remaining` is false, also after an interruption.
 * @throws Problem `not-ready` when work was begun, or an item is held, restricted or erased
 */
export async function undoImport(
  ground: ImportGround,
  pass: Pass<'projects.import.undo'>,
  tx: Tx,
  id: string,
): Promise<{ removed: number; remaining: boolean }> {
  const project = projectOf(pass)
  const batch = await lockBatch(tx, project, id)
  if (batch === undefined) throw new Problem('not-found')
  if (batch.state !== 'undone') {
    if (await anyNotFree(tx, id)) throw new Problem('not-ready', { held: true })
    await ground.removeTasks(tx, id)
    await endBatch(tx, id, 'undone', pass.at)
  }
  const items = await deleteSomeItems(tx, id, atOnce)
  await ground.vault.removeItems(tx, project, items)
  return { removed: items.length, remaining: items.length === atOnce }
}

/** The batch of a run, locked. @throws Problem `not-found`, or `already-done` for an undone one */
export async function heldBatch(
  pass: Pass<'projects.import.run'>,
  tx: Tx,
  id: string,
): Promise<Batch> {
  const batch = await lockBatch(tx, projectOf(pass), id)
  if (batch === undefined) throw new Problem('not-found')
  if (batch.state === 'undone') throw new Problem('already-done', { state: batch.state })
  return batch
}

export function projectOf(pass: Pass): string {
  if (pass.project === null) throw new Problem('not-found')
  return pass.project
}

function standingOf({ id, state, next_row, accepted, rejected }: Batch): ImportStanding {
  return { batch: id, state, rows: next_row, accepted, rejected }
}
