import { sql } from 'kysely'
import type { Db, Tx } from '../../kernel/db.ts'

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
