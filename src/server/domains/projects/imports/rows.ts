import { createHash } from 'node:crypto'
import { type FileRow, faultOfRow, type ImportRow, type ImportStanding } from '#shared/imports.ts'
import { Problem } from '#shared/problems.ts'
import type { Tx } from '../../../kernel/db.ts'
import type { Pass } from '../../access/index.ts'
import { projectById } from '../store.ts'
import { heldBatch, projectOf } from './batches.ts'
import type { ImportGround } from './ground.ts'
import { type Candidate, keepItems, type Measure, type Rejected, sortOut } from './items.ts'
import { advanceBatch, insertRejected, lockReferences } from './store.ts'

type Run = Pass<'projects.import.run'>

/** Rows that are sealed and written at a time. */
const part = 250

/**
 * Takes in the next rows of a manifest: new items are stored, sealed and queued, faulty rows are
 * kept with their reasons, and rows whose item is there already count as done.
 * @throws Problem `conflict` when these are not the next rows
 */
export async function takeRows(
  ground: ImportGround,
  pass: Run,
  tx: Tx,
  batch: string,
  { from, rows }: { readonly from: number; readonly rows: readonly ImportRow[] },
): Promise<ImportStanding> {
  return advance(pass, tx, batch, { from, rows: rows.length }, async (project, kind) => {
    const faulty: Rejected[] = []
    const candidates: (Candidate & { readonly bytes: Buffer })[] = []
    rows.forEach((one, place) => {
      const row = from + place
      const judged = 'row' in one ? judgeText(one.row, kind) : { reason: one.refused }
      if ('reason' in judged) faulty.push({ row, reason: judged.reason })
      else candidates.push({ row, ...judged })
    })
    const { fresh, rejected } = await sortOut(ground, tx, project, candidates)
    if (fresh.length > 0) {
      const ids = fresh.map((item) => item.id)
      const bytesOf = new Map(candidates.map(({ row, bytes }) => [row, bytes]))
      const arrival = await ground.vault.receive(tx, project, ids)
      // Part by part, so that PostgreSQL writes one while the next is sealed.
      for (let at = 0; at < fresh.length; at += part) {
        const some = fresh.slice(at, at + part)
        for (const { id, row } of some)
          arrival.seal(id, 'content', bytesOf.get(row) ?? new Uint8Array(0))
        await keepItems(ground, tx, { project, batch, now: pass.at }, arrival, some)
      }
    }
    return { accepted: fresh.length, rejected: [...faulty, ...rejected] }
  })
}

/**
 * Does the next rows of a batch and moves it past them, in one transaction.
 * @throws Problem `conflict` when these are not the next rows
 */
export async function advance(
  pass: Run,
  tx: Tx,
  id: string,
  given: { readonly from: number; readonly rows: number },
  work: (
    project: string,
    kind: FileRow['kind'],
  ) => Promise<{ readonly accepted: number; readonly rejected: readonly Rejected[] }>,
): Promise<ImportStanding> {
  const batch = await heldBatch(pass, tx, id)
  if (batch.state !== 'importing') throw new Problem('already-done', { state: batch.state })
  if (batch.next_row !== given.from) throw new Problem('conflict', { rows: batch.next_row })
  const project = await projectById(tx, projectOf(pass))
  if (project === undefined) throw new Problem('not-found')
  await lockReferences(tx, project.id)
  const { accepted, rejected } = await work(project.id, project.kind)
  await insertRejected(tx, id, rejected)
  await advanceBatch(tx, id, { rows: given.rows, accepted, rejected: rejected.length })
  return {
    ...{ batch: id, state: batch.state, rows: given.from + given.rows },
    accepted: batch.accepted + accepted,
    rejected: batch.rejected + rejected.length,
  }
}

function judgeText({ text, ...described }: FileRow & { text: string }, kind: FileRow['kind']) {
  const fault = faultOfRow({ ...described, text }) ?? faultOfKind(described, kind)
  if (fault !== undefined) return { reason: fault }
  if (described.kind !== 'text') return { reason: `kind: ${described.kind} needs a file` }
  const bytes = Buffer.from(text, 'utf8')
  const measure = measureText(text, bytes)
  const wrong = faultOfHash(described, measure.sha256)
  return wrong === undefined ? { described, measure, bytes } : { reason: wrong }
}

/** A project holds items of its own kind. */
export function faultOfKind(row: FileRow, kind: FileRow['kind']): string | undefined {
  return row.kind === kind ? undefined : `kind: this is a project of kind ${kind}`
}

/** The sha256 of a row is that of the text's UTF-8, or of the file's bytes as they are. */
export function faultOfHash(row: FileRow, hash: Buffer): string | undefined {
  return row.sha256 === undefined || row.sha256 === hash.toString('hex')
    ? undefined
    : 'sha256: is not that of the content'
}

/** A text in code points, and the hash of its exact UTF-8. */
export function measureText(text: string, bytes: Buffer): Measure {
  let length = text.length
  // Where no byte begins a sequence of four, every code point is one code unit.
  if (bytes.length !== text.length)
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      if (unit >= 0xdc00 && unit <= 0xdfff) length--
    }
  return { length, rate: null, sha256: createHash('sha256').update(bytes).digest() }
}
