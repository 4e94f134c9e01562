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

type Opening = AnnotationTables['annotation.listening'] & {
  readonly opened_at: Date
  readonly ranges: [from: number, to: number][]
}

/** What is answered of an opening that was closed: `ranges` are the bytes that were sent, in order and apart. */
const closed = sql`
  l.*, (select coalesce(json_agg(json_build_array(lower(r), upper(r)) order by lower(r)), '[]')
          from unnest(l.sent) r) as ranges`

/** Closes every opening of these tasks. */
export async function closeOpen(tx: Tx, tasks: readonly string[], now: Date) {
  const { rows } = await sql<Opening>`
    update annotation.listening l set closed_at = ${now}
     where l.task = any(${[...tasks]}) and l.closed_at is null returning ${closed}`.execute(tx)
  return rows
}

/** Closes at most so many openings whose person holds the task no more. Those that others are closing are passed over. */
export async function closeLeft(tx: Tx, now: Date, most: number) {
  const { rows } = await sql<Opening>`
    update annotation.listening l set closed_at = ${now}
     where l.id in (
             select o.id from annotation.listening o
              where o.closed_at is null
                and not exists (select from annotation.lease h
                                 where h.task = o.task and h.person = o.person and h.until > ${now})
              limit ${most} for update of o skip locked)
    returning ${closed}`.execute(tx)
  return rows
}
