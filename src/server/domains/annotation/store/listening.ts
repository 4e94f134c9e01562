import { type Insertable, sql } from 'kysely'
import type { Tx } from '../../../kernel/db.ts'
import type { AnnotationTables } from '../tables.ts'

/** Begins an opening of a recording; one that is still open goes on. */
export async function startListening(
  tx: Tx,
  row: Insertable<AnnotationTables['annotation.listening']>,
): Promise<void> {
  await tx
    .insertInto('annotation.listening')
    .values(row)
    .onConflict((c) => c.doNothing())
    .execute()
}

export async function openListening(
  tx: Tx,
  task: string,
  person: string,
): Promise<string | undefined> {
  const row = await tx
    .selectFrom('annotation.listening')
    .select('id')
    .where('task', '=', task)
    .where('person', '=', person)
    .where('closed_at', 'is', null)
    .executeTakeFirst()
  return row?.id
}

export function addSent(tx: Tx, id: string, [from, to]: readonly [number, number]) {
  return tx
    .updateTable('annotation.listening')
    .set({ sent: sql<string>`sent + int8multirange(int8range(${from}, ${to}))` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
}

/** Closes every opening of a task; `ranges` are the bytes that were sent, in order and apart. */
export async function closeOpen(tx: Tx, task: string, now: Date) {
  const { rows } = await sql<
    AnnotationTables['annotation.listening'] & { opened_at: Date; ranges: [number, number][] }
  >`
    update annotation.listening l set closed_at = ${now}
     where l.task = ${task} and l.closed_at is null
    returning l.*, (select coalesce(json_agg(json_build_array(lower(r), upper(r)) order by lower(r)), '[]')
                      from unnest(l.sent) r) as ranges`.execute(tx)
  return rows
}
