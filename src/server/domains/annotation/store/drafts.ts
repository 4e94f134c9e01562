import type { Insertable } from 'kysely'
import type { Tx } from '../../../kernel/db.ts'
import { prepared } from '../../../kernel/prepared.ts'
import type { AnnotationTables } from '../tables.ts'

export function draftOf(tx: Tx, task: string, person: string) {
  return tx
    .selectFrom('annotation.draft')
    .selectAll()
    .where('task', '=', task)
    .where('person', '=', person)
    .forUpdate()
    .executeTakeFirst()
}

export async function upsertDraft(
  tx: Tx,
  row: Insertable<AnnotationTables['annotation.draft']>,
): Promise<void> {
  const { version, object, at } = row
  await tx
    .insertInto('annotation.draft')
    .values(row)
    .onConflict((c) => c.columns(['task', 'person']).doUpdateSet({ version, object, at }))
    .execute()
}

const draftsRemoval = prepared((db, { task }: { task: string }) =>
  db.deleteFrom('annotation.draft').where('task', '=', task).returning('person'),
)

/** Removes everybody's drafts of a task and answers whose they were. */
export async function removeDrafts(tx: Tx, task: string): Promise<string[]> {
  const rows = await draftsRemoval(tx, { task })
  return rows.map((row) => row.person)
}
