import { type Insertable, sql } from 'kysely'
import type { LogSearch } from '#shared/audit.ts'
import type { Db, Tx } from '../../kernel/db.ts'
import type { Stamp } from './stamp.ts'
import type { AuditTables } from './tables.ts'

export async function insertPending(tx: Tx, body: Buffer): Promise<void> {
  await tx.insertInto('audit.pending').values({ body }).execute()
}

/** One statement, one commit, any number of leaves. */
export async function insertPendingBatch(db: Db, bodies: Buffer[]): Promise<void> {
  await sql`insert into audit.pending (body) select unnest(${bodies}::bytea[])`.execute(db)
}

export async function newestCheckpoint(tx: Tx) {
  const row = await tx
    .selectFrom('audit.checkpoint')
    .select(['size', 'note', 'cosigned'])
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

/** The newest checkpoint with its witness's line; null before the first. */
export async function newestCosigned(tx: Tx): Promise<{ size: number; note: string } | null> {
  const row = await tx
    .selectFrom('audit.checkpoint')
    .select(['size', 'cosigned as note'])
    .where('cosigned', 'is not', null)
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row === undefined || row.note === null ? null : { size: row.size, note: row.note }
}

export async function cosignedSize(tx: Tx): Promise<number> {
  return (await newestCosigned(tx))?.size ?? 0
}

/**
 * Keeps a cosigned note, and clears the checkpoints that it continues: those without a cosignature,
 * and those cosigned in the same hour, so that one of every hour stays.
 */
export async function keepCosigned(tx: Tx, size: number, note: string, at: Date): Promise<void> {
  await tx
    .updateTable('audit.checkpoint')
    .set({ cosigned: note, cosigned_at: at })
    .where('size', '=', size)
    .execute()
  await sql`
    delete from audit.checkpoint
     where size < ${size}
       and (cosigned is null or date_trunc('hour', cosigned_at) = date_trunc('hour', ${at}::timestamptz))`.execute(
    tx,
  )
}

/** At most `count` bodies from an index on, in order. */
export async function bodiesOf(tx: Tx, index: number, count: number): Promise<Buffer[]> {
  const rows = await tx
    .selectFrom('audit.leaf')
    .select('body')
    .where('index', '>=', index)
    .where('index', '<', index + count)
    .orderBy('index')
    .execute()
  return rows.map(({ body }) => body)
}

/** At most `count` full tiles of a level from a place on, in order. */
export async function tilesOf(
  tx: Tx,
  level: number,
  index: number,
  count: number,
): Promise<Buffer[]> {
  const rows = await tx
    .selectFrom('audit.tile')
    .select('hashes')
    .where('level', '=', level)
    .where('index', '>=', index)
    .where('index', '<', index + count)
    .orderBy('index')
    .execute()
  return rows.map(({ hashes }) => hashes)
}

/** Since when the first leaf without a cosignature stands, and the first that waits for its place. */
export async function oldestUnwitnessed(
  tx: Tx,
): Promise<{ leaf: Date | null; pending: Date | null; cosigned: number }> {
  const { rows } = await sql<{ leaf: Date | null; pending: Date | null; cosigned: number }>`
    with cosigned as (
      select coalesce(max(size), 0) as size from audit.checkpoint where cosigned is not null
    )
    select cosigned.size as cosigned,
           (select time from audit.leaf where index = cosigned.size) as leaf,
           (select since from audit.pending order by id limit 1) as pending
      from cosigned`.execute(tx)
  return rows[0] ?? { leaf: null, pending: null, cosigned: 0 }
}

export async function leafAt(tx: Tx, index: number): Promise<Buffer | null> {
  const row = await tx
    .selectFrom('audit.leaf')
    .select('body')
    .where('index', '=', index)
    .executeTakeFirst()
  return row?.body ?? null
}

/** Leaves by their columns, newest first. */
export function searchLeaves(
  tx: Tx,
  { actor, item, project, action, outcome, unrefused, from, to, after }: LogSearch,
  limit: number,
): Promise<{ index: number; body: Buffer }[]> {
  let query = tx.selectFrom('audit.leaf').select(['index', 'body'])
  if (actor !== undefined) query = query.where('actor', '=', actor)
  if (item !== undefined) query = query.where('item', '=', item)
  if (project !== undefined) query = query.where('project', '=', project)
  if (action !== undefined) query = query.where('action', '=', action)
  if (outcome !== undefined) query = query.where('outcome', '=', outcome)
  if (unrefused !== undefined)
    query = query.where((entry) =>
      entry.or([entry('action', '!=', unrefused), entry('outcome', '!=', 'refused')]),
    )
  if (from !== undefined) query = query.where('time', '>=', new Date(from))
  if (to !== undefined) query = query.where('time', '<', new Date(to))
  if (after !== undefined) query = query.where('index', '<', Number(after))
  return query.orderBy('index', 'desc').limit(limit).execute()
}

/** As many bodies from an index on, before `end`, as make 4 MiB; at least one where there is any. */
export async function leavesWithin(tx: Tx, from: number, end: number): Promise<Buffer[]> {
  const { rows } = await sql<{ body: Buffer }>`
    select body from (
      select index, body, sum(octet_length(body)) over (order by index) as total
        from audit.leaf where index >= ${from} and index < ${Math.min(end, from + 8_192)}
    ) as leaves where total <= ${4 * 1024 * 1024} order by index`.execute(tx)
  return rows.map(({ body }) => body)
}

export async function insertDetail(
  tx: Tx,
  row: Insertable<AuditTables['audit.detail']>,
): Promise<void> {
  await tx.insertInto('audit.detail').values(row).execute()
}

export async function insertStamps(
  tx: Tx,
  details: Buffer,
  stamps: readonly Stamp[],
): Promise<void> {
  const rows = stamps.map(({ kind, subject, hash, salt }) => ({
    ...{ kind, subject, details, salt: Buffer.from(salt) },
    hash: hash === null ? null : Buffer.from(hash),
  }))
  await tx.insertInto('audit.stamp').values(rows).execute()
}

export async function detailStanding(tx: Tx, hash: Buffer): Promise<'kept' | 'erased' | 'missing'> {
  const row = await tx
    .selectFrom('audit.detail')
    .select((eb) => eb('sealed', 'is', null).and('words', 'is not', null).as('erased'))
    .where('hash', '=', hash)
    .executeTakeFirst()
  if (row === undefined) return 'missing'
  return row.erased ? 'erased' : 'kept'
}

/** What is kept for these hashes, each with its stamps in order. */
export async function detailsWithStamps(
  tx: Tx,
  hashes: readonly Buffer[],
): Promise<{ hash: Buffer; words: Buffer | null; stamps: Stamp[] }[]> {
  if (hashes.length === 0) return []
  const details = await tx
    .selectFrom('audit.detail')
    .select(['hash', 'words'])
    .where('hash', 'in', hashes)
    .execute()
  const stamps = await tx
    .selectFrom('audit.stamp')
    .select(['details', 'kind', 'subject', 'hash', 'salt'])
    .where('details', 'in', hashes)
    .orderBy('number')
    .execute()
  return details.map(({ hash, words }) => ({
    ...{ hash, words },
    stamps: stamps.filter((of) => of.details.equals(hash)),
  }))
}

/** What stands in these leaves for details, in Base64 or null; a leaf that is not there is missing. */
export async function detailsOfLeaves(
  tx: Tx,
  indexes: readonly number[],
): Promise<Map<number, string | null>> {
  if (indexes.length === 0) return new Map()
  const rows = await tx
    .selectFrom('audit.leaf')
    .select(['index', 'details'])
    .where('index', 'in', indexes)
    .execute()
  return new Map(rows.map(({ index, details }) => [index, details?.toString('base64') ?? null]))
}

/**
 * The newest stamp of each subject after one and up to another (null: to the end), in code point
 * order: that of the entry furthest on in the log, or one whose entry is not in its place yet.
 */
export async function newestStamps(
  tx: Tx,
  kind: string,
  after: string,
  last: string | null,
  limit: number,
): Promise<{ subject: string; hash: Buffer | null; details: Buffer; index: number | null }[]> {
  const { rows } = await sql<{
    subject: string
    hash: Buffer | null
    details: Buffer
    index: number | null
  }>`
    select page.subject, newest.hash, newest.details, newest.index
      from (
        select distinct subject from audit.stamp
         where kind = ${kind} and subject > ${after} and (${last}::text is null or subject <= ${last})
         order by subject
         limit ${limit}
      ) as page
     cross join lateral (
        select s.hash, s.details, s.number,
               (select max(l.index) from audit.leaf l where l.details = s.details) as index
          from audit.stamp s
         where s.kind = ${kind} and s.subject = page.subject
         order by index desc nulls first, s.number desc
         limit 1
      ) as newest
     order by page.subject`.execute(tx)
  return rows
}

/** Where the newest entry of an act that was done to this resource stands; null when none is in its place. */
export async function newestLeafOf(
  tx: Tx,
  action: string,
  resource: string,
): Promise<number | null> {
  const row = await tx
    .selectFrom('audit.leaf')
    .select('index')
    .where('resource', '=', resource)
    .where('action', '=', action)
    .where('outcome', '=', 'done')
    .orderBy('index', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.index ?? null
}
