import type { Insertable } from 'kysely'
import type { Tx } from '../../../kernel/db.ts'
import type { AnnotationTables } from '../tables.ts'

export async function insertDecision(
  tx: Tx,
  row: Insertable<AnnotationTables['annotation.decision']>,
): Promise<void> {
  await tx.insertInto('annotation.decision').values(row).execute()
}

export function decisionsAfter(tx: Tx, after: string, limit: number) {
  return tx
    .selectFrom('annotation.decision')
    .selectAll()
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
}
