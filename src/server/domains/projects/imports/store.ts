import { sql } from 'kysely'
import type { Encoding } from '#shared/imports.ts'
import { sendAlong, type Tx } from '../../../kernel/db.ts'
import type { ProjectsTables } from '../tables.ts'

type Kind = ProjectsTables['projects.item']['kind']

const standing = [
  ...(['id', 'project', 'state', 'next_row', 'accepted', 'rejected'] as const),
  ...(['manifest', 'encoding'] as const),
] as const

/** One import at a time looks which references a project knows and adds its own, until the transaction ends. */
export async function lockReferences(tx: Tx, project: string): Promise<void> {
  const name = `projects.item ${project}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx)
}

/** The batch that this manifest began and that was not undone. */
export function batchOfManifest(tx: Tx, project: string, manifest: Buffer) {
  return tx
    .selectFrom('projects.batch')
    .select(standing)
    .where('project', '=', project)
    .where('manifest', '=', manifest)
    .where('state', '<>', 'undone')
    .executeTakeFirst()
}

/** A batch, kept from every other import and undo until the transaction ends. */
export function lockBatch(tx: Tx, project: string, batch: string) {
  return tx
    .selectFrom('projects.batch')
    .select(standing)
    .where('project', '=', project)
    .where('id', '=', batch)
    .forUpdate()
    .executeTakeFirst()
}

export function batchById(tx: Tx, project: string, batch: string) {
  return tx
    .selectFrom('projects.batch')
    .select(standing)
    .where('project', '=', project)
    .where('id', '=', batch)
    .executeTakeFirst()
}

/** Names the batch by its number in the project; a file's name may say too much. */
export async function insertBatch(
  tx: Tx,
  batch: {
    id: string
    project: string
    manifest: Buffer
    encoding: Encoding
    by: string
    now: Date
  },
): Promise<void> {
  await sql`
    insert into projects.batch (id, project, name, manifest, encoding, state, ordered_by, began_at)
    select ${batch.id}, ${batch.project}, 'batch ' || (count(*) + 1), ${batch.manifest},
           ${batch.encoding}, 'importing', ${batch.by}, ${batch.now}
      from projects.batch where project = ${batch.project}
    on conflict do nothing`.execute(tx)
}

export async function advanceBatch(
  tx: Tx,
  batch: string,
  by: { rows: number; accepted: number; rejected: number },
): Promise<void> {
  await tx
    .updateTable('projects.batch')
    .set((eb) => ({
      next_row: eb('next_row', '+', by.rows),
      accepted: eb('accepted', '+', by.accepted),
      rejected: eb('rejected', '+', by.rejected),
    }))
    .where('id', '=', batch)
    .execute()
}

export async function endBatch(
  tx: Tx,
  batch: string,
  state: 'ready' | 'undone',
  now: Date,
): Promise<void> {
  await tx
    .updateTable('projects.batch')
    .set({ state, ended_at: now })
    .where('id', '=', batch)
    .execute()
}

/** A batch of the project whose undoing was begun and not finished. */
export async function unfinishedUndo(tx: Tx, project: string): Promise<string | undefined> {
  const row = await tx
    .selectFrom('projects.batch as b')
    .select('b.id')
    .where('b.project', '=', project)
    .where('b.state', '=', 'undone')
    .where((eb) =>
      eb.exists(
        eb.selectFrom('projects.item as i').select('i.id').whereRef('i.batch', '=', 'b.id'),
      ),
    )
    .executeTakeFirst()
  return row?.id
}

/** Items that bear one of these references already, with the people named in each. */
export async function itemsByReference(tx: Tx, project: string, macs: readonly Buffer[]) {
  const { rows } = await sql<{
    ref_mac: Buffer
    kind: Kind
    language: string
    content_sha256: Buffer
    state: string
    subjects: string[]
  }>`
    select i.ref_mac, i.kind, i.language, i.content_sha256, i.state,
      array(select encode(s.mac, 'hex') from projects.subject s where s.item = i.id) as subjects
    from projects.item i
    where i.project = ${project} and i.ref_mac = any(${[...macs]}::bytea[])`.execute(tx)
  return rows
}

export interface NewItemRow {
  readonly id: string
  readonly row: number
  readonly kind: Kind
  readonly language: string
  readonly refMac: Buffer
  readonly subjectMacs: readonly Buffer[]
  readonly length: number
  readonly rate: number | null
  readonly sha256: Buffer
}

/** New items with what names their subjects, sent along with the transaction. */
export function insertItems(
  tx: Tx,
  { project, batch, now }: { project: string; batch: string; now: Date },
  items: readonly NewItemRow[],
): void {
  const rows = sql`
    insert into projects.item (project, batch, state, created_at,
                               id, row, kind, language, ref_mac, length, rate, content_sha256)
    select ${project}, ${batch}, 'free', ${now}::timestamptz, * from unnest(
      ${items.map((i) => i.id)}::text[], ${items.map((i) => i.row)}::int8[],
      ${items.map((i) => i.kind)}::text[], ${items.map((i) => i.language)}::text[],
      ${items.map((i) => i.refMac)}::bytea[], ${items.map((i) => i.length)}::int8[],
      ${items.map((i) => i.rate)}::int4[], ${items.map((i) => i.sha256)}::bytea[])`
  sendAlong(tx, rows.execute(tx))
  const subjects = items.flatMap(({ id, subjectMacs }) => subjectMacs.map((mac) => ({ id, mac })))
  const named = sql`
    insert into projects.subject (project, item, mac)
    select ${project}, * from unnest(
      ${subjects.map((s) => s.id)}::text[], ${subjects.map((s) => s.mac)}::bytea[])`
  sendAlong(tx, named.execute(tx))
}

export async function insertRejected(
  tx: Tx,
  batch: string,
  rejected: readonly { readonly row: number; readonly reason: string }[],
): Promise<void> {
  if (rejected.length === 0) return
  await tx
    .insertInto('projects.rejected')
    .values(rejected.map((one) => ({ batch, ...one })))
    .execute()
}

export function rejectedFrom(tx: Tx, batch: string, from: number, most: number) {
  return tx
    .selectFrom('projects.rejected')
    .select(['row', 'reason'])
    .where('batch', '=', batch)
    .where('row', '>=', from)
    .orderBy('row')
    .limit(most)
    .execute()
}

/** Whether any item of the batch is held, restricted or erased. */
export async function anyNotFree(tx: Tx, batch: string): Promise<boolean> {
  const row = await tx
    .selectFrom('projects.item')
    .select('id')
    .where('batch', '=', batch)
    .where('state', '<>', 'free')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Deletes up to `most` items of a batch with what names their subjects; answers which. */
export async function deleteSomeItems(tx: Tx, batch: string, most: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    delete from projects.item where id in (
      select id from projects.item where batch = ${batch} order by row limit ${most})
    returning id`.execute(tx)
  return rows.map((row) => row.id)
}
