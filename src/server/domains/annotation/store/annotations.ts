import { type RawBuilder, sql } from 'kysely'
import type { Tx } from '../../../kernel/db.ts'
import { prepared } from '../../../kernel/prepared.ts'
import { isFree, type ItemColumns, itemColumns } from '../../projects/index.ts'
import type { AnnotationTables } from '../tables.ts'

const standings = prepared(
  (_, { item }: { item: string }) => sql<ItemColumns & { readonly version: number }>`
    select i.*, (select coalesce(max(a.version), 0) + 1 from annotation.annotation a
                  where a.item = ${item}) as version
      from ${itemColumns(sql`${item}`)} i`,
)

/** What an item's next annotation is checked against, and the number that it gets. */
export async function standingOf(tx: Tx, item: string) {
  const [row] = await standings(tx, { item })
  return row
}

const annotationRow = prepared((db, row: AnnotationTables['annotation.annotation']) => {
  const { id, item, project, version, person, made, schema, guideline, at, object } = row
  const values = { id, item, project, version, person, made, schema, guideline, at, object }
  return db.insertInto('annotation.annotation').values(values)
})

export async function insertAnnotation(
  tx: Tx,
  row: AnnotationTables['annotation.annotation'],
): Promise<void> {
  await annotationRow(tx, row)
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
 * The decision that let this annotation of this item stand, as `d`: what a task says of itself is not
 * vouched for by the log, decisions are.
 */
const decided = (...columns: string[]) => sql`(
  select ${sql.join(columns.map((name) => sql.ref(`x.${name}`)))} from annotation.decision x
   where x.annotation = t.annotation and x.item = t.item and x.decision = 'accept'
  union all
  select ${sql.join(columns.map((name) => sql.ref(`x.${name}`)))} from annotation.decision x
   where x.corrected = t.annotation and x.item = t.item and x.decision = 'correct')`

/**
 * For statements of other domains: the accepted items of a project that are free, each as `item` with
 * the `annotation` that stands.
 */
export function acceptedItems(project: string): RawBuilder<{ item: string; annotation: string }> {
  return sql`
    select t.item, t.annotation
      from annotation.task t join lateral ${decided('item')} d on true
     where t.project = ${project} and t.type = 'annotate' and t.state = 'accepted'
       and ${isFree(sql.ref('t.item'))}`
}

/** How many free items are said to be accepted, by a decision or without one. */
export async function countAccepted(tx: Tx, project: string): Promise<number> {
  const { rows } = await sql<{ items: number }>`
    select count(*) as items from annotation.task t
     where t.project = ${project} and t.type = 'annotate' and t.state = 'accepted'
       and ${isFree(sql.ref('t.item'))}`.execute(tx)
  return rows[0]?.items ?? 0
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
      join annotation.annotation a on a.id = t.annotation and a.item = t.item
      join lateral ${decided('reviewer', 'decision', 'at')} d on true
     where t.item = any(${[...items]}) and t.type = 'annotate' and t.project = ${project}
       and t.state = 'accepted' and ${isFree(sql.ref('t.item'))}
     order by t.item`.execute(tx)
  return rows
}
