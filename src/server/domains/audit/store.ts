import { sql } from 'kysely'
import type { Db, Tx } from '../../kernel/db.ts'

export async function insertPending(tx: Tx, body: Buffer): Promise<void> {
  await tx.insertInto('audit.pending').values({ body }).execute()
}

/** One statement, one commit, any number of leaves. */
export async function insertPendingBatch(db: Db, bodies: Buffer[]): Promise<void> {
  await sql`insert into audit.pending (body) select unnest(${bodies}::bytea[])`.execute(db)
}
