import { type Insertable, type RawBuilder, sql } from 'kysely'
import type { Tx } from '../../../kernel/db.ts'
import { isFree } from '../../projects/index.ts'
import type { AnnotationTables } from '../tables.ts'

export async function nextVersion(tx: Tx, item: string): Promise<number> {
  const row = await tx
    .selectFrom('annotation.annotation')
    .select((eb) => eb.fn.max('version').as('latest'))
    .where('item', '=', item)
    .executeTakeFirst()
  return (row?.latest ?? 0) + 1
}

export async function insertAnnotation(
  tx: Tx,
  row: Insertable<AnnotationTables['annotation.annotation']>,
): Promise<void> {
  await tx.insertInto('annotation.annotation').values(row).execute()
}

/** Annotations with ids after one, in their order. */
export function annotationsAfter(tx: Tx, after: string, limit: number) {
  return tx
    .selectFrom('annotation.annotation')
    .selectAll()
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
}

/**
 * For statements of other domains: the accepted items of a project that are free, each as `item` with
 * the `annotation` that stands.
 */
export function acceptedItems(project: string): RawBuilder<{ item: string; annotation: string }> {
  return sql`
    select t.item, t.annotation from annotation.task t
     where t.project = ${project} and t.type = 'annotate' and t.state = 'accepted'
       and ${isFree(sql.ref('t.item'))}`
}

/** Those of the given items that `acceptedItems` has, in the order of their ids, with how the standing annotation came about. */
export async function acceptedAmong(tx: Tx, project: string, items: readonly string[]) {
  const { rows } = await sql<{
    item: string
    batch: string
    annotation: string
    object: string
    version: number
    schema: number
    guideline: number | null
    annotator: string
    made_at: Date
    reviewer: string
    decision: 'accept' | 'correct'
    decided_at: Date
  }>`
    select t.item, t.batch, a.id as annotation, a.object, a.version, a.schema, a.guideline,
      t.author as annotator, a.at as made_at, d.reviewer, d.decision, d.at as decided_at
      from annotation.task t
      join annotation.annotation a on a.id = t.annotation
      join lateral (select * from annotation.decision x where x.annotation = a.id
                    union all
                    select * from annotation.decision x where x.corrected = a.id) d on true
     where t.item = any(${[...items]}) and t.type = 'annotate' and t.project = ${project}
       and t.state = 'accepted' and ${isFree(sql.ref('t.item'))}
     order by t.item`.execute(tx)
  return rows
}
