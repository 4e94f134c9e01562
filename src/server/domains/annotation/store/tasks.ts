import { type Insertable, sql } from 'kysely'
import type { Tx } from '../../../kernel/db.ts'
import { prepared } from '../../../kernel/prepared.ts'
import { type ItemColumns, itemColumns } from '../../projects/index.ts'
import type { AnnotationTables, TaskState, TaskType } from '../tables.ts'

export function taskById(tx: Tx, id: string) {
  return tx.selectFrom('annotation.task').selectAll().where('id', '=', id).executeTakeFirst()
}

const locking = prepared((db, { id }: { id: string }) =>
  db.selectFrom('annotation.task').selectAll().where('id', '=', id).forUpdate(),
)

/** The task, locked until the transaction ends. */
export async function lockTask(tx: Tx, id: string) {
  const [row] = await locking(tx, { id })
  return row
}

/** The task of the other type on the same item. */
export function lockTaskOfItem(tx: Tx, item: string, type: TaskType) {
  return tx
    .selectFrom('annotation.task')
    .selectAll()
    .where('item', '=', item)
    .where('type', '=', type)
    .forUpdate()
    .executeTakeFirst()
}

const heldTasks = prepared(
  (_, { task, person }: { task: string; person: string }) => sql<
    {
      id: string
      type: TaskType
      item: string
      project: string
      schema: number
      guideline: number | null
      until: Date
      draft: number
      draft_object: string | null
      annotation_object: string | null
      returned_reason: string | null
    } & ItemColumns
  >`
    select t.id, t.type, t.item, t.project, t.schema, t.guideline, l.until,
      coalesce(d.version, 0) as draft, d.object as draft_object,
      (select a.object from annotation.annotation a where a.id = t.annotation) as annotation_object,
      (select x.reason from annotation.decision x
        where x.annotation = t.annotation and x.decision = 'return' and t.type = 'annotate') as returned_reason,
      i.*
      from annotation.task t
      join lateral ${itemColumns(sql.ref('t.item'))} i on true
      join annotation.lease l on l.task = t.id and l.person = ${person}
      left join annotation.draft d on d.task = t.id and d.person = ${person}
     where t.id = ${task}`,
)

/** All that a screen needs of a task that this person holds, but for what the vault keeps. */
export async function heldTask(tx: Tx, task: string, person: string) {
  const [row] = await heldTasks(tx, { task, person })
  return row
}

/** Only what is named changes; `since` is when. */
export async function setTask(
  tx: Tx,
  task: string,
  change: {
    readonly state: TaskState
    readonly since: Date
    readonly reserved?: string | null
    readonly author?: string
    readonly annotation?: string
  },
): Promise<void> {
  await tx.updateTable('annotation.task').set(change).where('id', '=', task).execute()
}

interface Finished {
  readonly task: string
  readonly review: string
  readonly project: string
  readonly item: string
  readonly batch: string
  readonly language: string
  readonly author: string
  readonly annotation: string
  readonly schema: number
  readonly guideline: number | null
  readonly since: Date
}

const finishing = prepared((_, finished: Finished) => {
  const { task, review, project, item, batch, language } = finished
  const { author, annotation, schema, guideline, since } = finished
  return sql`
    with ended as (
      delete from annotation.lease where task = ${task}
    ), done as (
      update annotation.task
         set state = 'submitted', reserved = null, author = ${author}, annotation = ${annotation},
             since = ${since}
       where id = ${task}
    )
    insert into annotation.task (id, project, item, batch, language, type, state, author,
                                 annotation, schema, guideline, since)
    values (${review}, ${project}, ${item}, ${batch}, ${language}, 'review', 'waiting', ${author},
            ${annotation}, ${schema}, ${guideline}, ${since})
    on conflict (item, type) do update
       set state = 'waiting', reserved = null, author = excluded.author,
           annotation = excluded.annotation, schema = excluded.schema,
           guideline = excluded.guideline, since = excluded.since`
})

/**
 * Ends the lease of a submitted task and puts the work up for review: the item's first review, which
 * is then named `review`, or the same one again.
 */
export async function finishTask(tx: Tx, finished: Finished): Promise<void> {
  await finishing(tx, finished)
}

/** Adds tasks in the order given. */
export async function insertTasks(
  tx: Tx,
  tasks: readonly { id: string; item: string; project: string; batch: string; language: string }[],
  now: Date,
): Promise<void> {
  const column = (name: 'id' | 'item' | 'project' | 'batch' | 'language') =>
    tasks.map((task) => task[name])
  await sql`
    insert into annotation.task (id, item, project, batch, language, type, state, since)
    select n.id, n.item, n.project, n.batch, n.language, 'annotate', 'waiting', ${now}
      from unnest(${column('id')}::text[], ${column('item')}::text[], ${column('project')}::text[],
                  ${column('batch')}::text[], ${column('language')}::text[])
           with ordinality as n (id, item, project, batch, language, place)
     order by n.place`.execute(tx)
}

/** Removes a batch's tasks that nobody has begun; answers how many there were, and how many of them went. */
export async function deleteUntouched(
  tx: Tx,
  batch: string,
): Promise<{ all: number; removed: number }> {
  const { rows } = await sql<{ all: number; removed: number }>`
    with removed as (
      delete from annotation.task t
       where t.batch = ${batch} and t.state = 'waiting' and t.annotation is null
         and not exists (select from annotation.draft d where d.task = t.id)
      returning 1
    )
    select (select count(*) from annotation.task t where t.batch = ${batch}) as all,
           (select count(*) from removed) as removed`.execute(tx)
  return rows[0] ?? { all: 0, removed: 0 }
}

export async function insertFlag(
  tx: Tx,
  row: Insertable<AnnotationTables['annotation.flag']>,
): Promise<void> {
  await tx.insertInto('annotation.flag').values(row).execute()
}

export async function undoFlags(tx: Tx, task: string, now: Date): Promise<void> {
  await tx
    .updateTable('annotation.flag')
    .set({ undone_at: now })
    .where('task', '=', task)
    .where('undone_at', 'is', null)
    .execute()
}
