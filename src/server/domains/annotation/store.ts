import { type Insertable, sql } from 'kysely'
import type { Tx } from '../../kernel/db.ts'
import type { AnnotationTables, TaskState, TaskType } from './tables.ts'

type Row<T extends keyof AnnotationTables> = Insertable<AnnotationTables[T]>
type Tables = AnnotationTables

/** Who wants what sort of work, and until when they get it. */
export interface Wanted {
  readonly project: string
  readonly type: TaskType
  readonly person: string
  readonly languages: readonly string[]
  readonly schema: number
  readonly guideline: number | null
  readonly until: Date
  readonly now: Date
}

/**
 * Leases a person their next task, in one statement: what they hold already, expired or not; what
 * is reserved for them; else the first that waits in one of their languages. For a review nobody
 * is offered an item that they ever annotated. Rows that others are taking at this moment are
 * passed over. Undefined when nothing waits, or when the same person was served twice at once.
 */
export async function takeTask(
  tx: Tx,
  wanted: Wanted,
): Promise<{ id: string; item: string; language: string } | undefined> {
  const { project, type, person, languages, schema, guideline, until, now } = wanted
  const speaks = [...languages]
  const { rows } = await sql<{ id: string; item: string; language: string }>`
    with own as materialized (
      select l.task as id from annotation.lease l
       where l.project = ${project} and l.type = ${type} and l.person = ${person} for update
    ), reserved as materialized (
      select t.id from annotation.task t
       where not exists (select from own)
         and t.project = ${project} and t.type = ${type} and t.reserved = ${person}
         and t.state in ('waiting', 'returned')
         and (t.language = any(${speaks}) or split_part(t.language, '-', 1) = any(${speaks}))
         and (t.type = 'annotate' or not exists (
               select from annotation.annotation a where a.item = t.item and a.person = ${person}))
       order by t.seq limit 1 for update skip locked
    ), waiting as materialized (
      select first.id
        from (select g.language from annotation.tongue g
               where g.project = ${project} and g.type = ${type}
                 and (g.language = any(${speaks}) or split_part(g.language, '-', 1) = any(${speaks}))
             ) spoken
       cross join lateral (
         select t.id, t.seq from annotation.task t
          where not exists (select from own) and not exists (select from reserved)
            and t.project = ${project} and t.type = ${type} and t.language = spoken.language
            and t.state = 'waiting' and t.reserved is null
            and (t.type = 'annotate' or not exists (
                  select from annotation.annotation a where a.item = t.item and a.person = ${person}))
          order by t.seq limit 1 for update skip locked
       ) first
       order by first.seq limit 1
    ), kept as (
      update annotation.lease l set until = ${until} from own where l.task = own.id returning l.task
    ), fresh as (
      insert into annotation.lease (task, project, type, person, until)
      select id, ${project}, ${type}, ${person}, ${until}
        from (select id from reserved union all select id from waiting) found
      on conflict do nothing
      returning task
    )
    update annotation.task t
       set state = 'leased', since = case when t.state = 'leased' then t.since else ${now} end,
           schema = coalesce(t.schema, ${schema}), guideline = ${guideline}
      from (select task from kept union all select task from fresh) taken
     where t.id = taken.task
    returning t.id, t.item, t.language`.execute(tx)
  return rows[0]
}

/**
 * Gives back to everybody what nobody comes back to: tasks whose lease is over, and tasks reserved
 * for somebody who has left them since `before`. At most 20 at a time. Called when nothing else
 * waits, so that begun work is left to who began it as long as it can be.
 */
export async function reclaimTasks(
  tx: Tx,
  { project, type, now, before }: { project: string; type: TaskType; now: Date; before: Date },
): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    with over as (
      select l.task as id from annotation.lease l join annotation.task t on t.id = l.task
       where l.project = ${project} and l.type = ${type} and l.until <= ${now}
       order by l.until limit 20 for update skip locked
    ), ended as (
      delete from annotation.lease l using over where l.task = over.id returning l.task as id
    ), left_lying as (
      select t.id from annotation.task t
       where t.project = ${project} and t.type = ${type} and t.reserved is not null
         and t.state in ('waiting', 'returned') and t.since < ${before}
       order by t.seq limit 20 for update skip locked
    )
    update annotation.task t set state = 'waiting', reserved = null, since = ${now}
      from (select id from ended union all select id from left_lying) back
     where t.id = back.id
    returning t.id`.execute(tx)
  return rows.length
}

export function taskById(tx: Tx, id: string) {
  return tx.selectFrom('annotation.task').selectAll().where('id', '=', id).executeTakeFirst()
}

/** The task, locked until the transaction ends. */
export function lockTask(tx: Tx, id: string) {
  return tx
    .selectFrom('annotation.task')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
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

/** What the gate asks: until when this person holds the task, and whether they annotated its item. */
export async function holding(tx: Tx, task: string, person: string) {
  const { rows } = await sql<{ type: TaskType; until: Date | null; annotated: boolean }>`
    select t.type, l.until,
      t.type = 'review' and exists (select from annotation.annotation a
                                     where a.item = t.item and a.person = ${person}) as annotated
      from annotation.task t
      left join annotation.lease l on l.task = t.id and l.person = ${person}
     where t.id = ${task}`.execute(tx)
  return rows[0]
}

/** All that a screen needs of a task that this person holds, but for what the vault and `projects` keep. */
export async function heldTask(tx: Tx, task: string, person: string) {
  const { rows } = await sql<{
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
  }>`
    select t.id, t.type, t.item, t.project, t.schema, t.guideline, l.until,
      coalesce(d.version, 0) as draft, d.object as draft_object,
      a.object as annotation_object,
      case when t.type = 'annotate' and x.decision = 'return' then x.reason end as returned_reason
      from annotation.task t
      join annotation.lease l on l.task = t.id and l.person = ${person}
      left join annotation.draft d on d.task = t.id and d.person = ${person}
      left join annotation.annotation a on a.id = t.annotation
      left join annotation.decision x on x.annotation = t.annotation
     where t.id = ${task}`.execute(tx)
  return rows[0]
}

/** The end of the renewed lease, or undefined when this person holds it no more. */
export async function renewLease(
  tx: Tx,
  task: string,
  person: string,
  { until, now }: { until: Date; now: Date },
): Promise<Date | undefined> {
  const row = await tx
    .updateTable('annotation.lease')
    .set({ until })
    .where('task', '=', task)
    .where('person', '=', person)
    .where('until', '>', now)
    .returning('until')
    .executeTakeFirst()
  return row?.until
}

/** Ends the lease and says whose it was. */
export async function endLease(tx: Tx, task: string): Promise<string | undefined> {
  const row = await tx
    .deleteFrom('annotation.lease')
    .where('task', '=', task)
    .returning('person')
    .executeTakeFirst()
  return row?.person
}

export function leaseOf(tx: Tx, person: string, project: string, type: TaskType) {
  return tx
    .selectFrom('annotation.lease')
    .selectAll()
    .where('person', '=', person)
    .where('project', '=', project)
    .where('type', '=', type)
    .executeTakeFirst()
}

export async function insertLease(tx: Tx, row: Row<'annotation.lease'>): Promise<void> {
  await tx.insertInto('annotation.lease').values(row).execute()
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

/** Puts a finished piece of work up for review: the item's first review, or the same task again. */
export async function offerReview(
  tx: Tx,
  offer: {
    id: string
    annotated: { project: string; item: string; batch: string; language: string }
    author: string
    annotation: string
    schema: number
    guideline: number | null
    now: Date
  },
): Promise<void> {
  const { id, annotated, author, annotation, schema, guideline, now } = offer
  const { project, item, batch, language } = annotated
  const open = { state: 'waiting', reserved: null, author, annotation, schema, guideline } as const
  await tx
    .insertInto('annotation.task')
    .values({ id, project, item, batch, language, type: 'review', ...open, since: now })
    .onConflict((c) => c.columns(['item', 'type']).doUpdateSet({ ...open, since: now }))
    .execute()
}

export async function nextVersion(tx: Tx, item: string): Promise<number> {
  const row = await tx
    .selectFrom('annotation.annotation')
    .select((eb) => eb.fn.max('version').as('latest'))
    .where('item', '=', item)
    .executeTakeFirst()
  return (row?.latest ?? 0) + 1
}

export async function insertAnnotation(tx: Tx, row: Row<'annotation.annotation'>): Promise<void> {
  await tx.insertInto('annotation.annotation').values(row).execute()
}

export async function insertDecision(tx: Tx, row: Row<'annotation.decision'>): Promise<void> {
  await tx.insertInto('annotation.decision').values(row).execute()
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

export function decisionsAfter(tx: Tx, after: string, limit: number) {
  return tx
    .selectFrom('annotation.decision')
    .selectAll()
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
}

export async function insertFlag(tx: Tx, row: Row<'annotation.flag'>): Promise<void> {
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

export function draftOf(tx: Tx, task: string, person: string) {
  return tx
    .selectFrom('annotation.draft')
    .selectAll()
    .where('task', '=', task)
    .where('person', '=', person)
    .forUpdate()
    .executeTakeFirst()
}

export async function upsertDraft(tx: Tx, row: Row<'annotation.draft'>): Promise<void> {
  const { version, object, at } = row
  await tx
    .insertInto('annotation.draft')
    .values(row)
    .onConflict((c) => c.columns(['task', 'person']).doUpdateSet({ version, object, at }))
    .execute()
}

/** Removes everybody's drafts of a task and answers whose they were. */
export async function removeDrafts(tx: Tx, task: string): Promise<string[]> {
  const rows = await tx
    .deleteFrom('annotation.draft')
    .where('task', '=', task)
    .returning('person')
    .execute()
  return rows.map((row) => row.person)
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

/** Begins an opening of a recording; one that is still open goes on. */
export async function startListening(tx: Tx, row: Row<'annotation.listening'>): Promise<void> {
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
    Tables['annotation.listening'] & { opened_at: Date; ranges: [number, number][] }
  >`
    update annotation.listening l set closed_at = ${now}
     where l.task = ${task} and l.closed_at is null
    returning l.*, (select coalesce(json_agg(json_build_array(lower(r), upper(r)) order by lower(r)), '[]')
                      from unnest(l.sent) r) as ranges`.execute(tx)
  return rows
}

/** Tasks that wait to be annotated or reviewed, by project and language, as the counts have it. */
export async function waitingOf(tx: Tx, projects: readonly string[]) {
  if (projects.length === 0) return []
  const { rows } = await sql<{
    project: string
    type: TaskType
    language: string
    tasks: number
  }>`
    select project, type, language, sum(tasks)::int8 as tasks from annotation.tally
     where project = any(${[...projects]}) and state = 'waiting'
     group by project, type, language`.execute(tx)
  return rows
}

export function leasesOf(tx: Tx, person: string) {
  return tx
    .selectFrom('annotation.lease')
    .select(['task', 'project', 'type'])
    .where('person', '=', person)
    .execute()
}

/** The last things that a person annotated or skipped, newest first. */
export async function lastWorkOf(tx: Tx, person: string, most: number) {
  const { rows } = await sql<{
    id: string
    project: string
    state: TaskState
    at: Date
    reopenable: boolean
  }>`
    select t.id, t.project, t.state, w.at,
      t.author = ${person} and (t.state = 'skipped' or (t.state = 'submitted' and exists (
        select from annotation.task r
         where r.item = t.item and r.type = 'review' and r.state = 'waiting'))) as reopenable
      from (select task, max(at) as at
              from ((select t.id as task, a.at
                       from (select item, at from annotation.annotation
                              where person = ${person} and made = 'annotated'
                              order by at desc limit ${most}) a
                       join annotation.task t on t.item = a.item and t.type = 'annotate')
                    union all
                    (select f.task, f.at from annotation.flag f
                      where f.person = ${person} and f.undone_at is null
                      order by f.at desc limit ${most})) each_time
             group by task) w
      join annotation.task t on t.id = w.task
     order by w.at desc limit ${most}`.execute(tx)
  return rows
}

/** What became of a person's annotations. */
export async function outcomesOf(tx: Tx, person: string) {
  const { rows } = await sql<{
    submitted: number
    accepted: number
    corrected: number
    returned: number
  }>`
    select count(*) as submitted,
      count(*) filter (where d.decision = 'accept') as accepted,
      count(*) filter (where d.decision = 'correct') as corrected,
      count(*) filter (where d.decision = 'return') as returned
      from annotation.annotation a
      left join annotation.decision d on d.annotation = a.id
     where a.person = ${person} and a.made = 'annotated'`.execute(tx)
  return rows[0] ?? { submitted: 0, accepted: 0, corrected: 0, returned: 0 }
}

export async function tallyOf(tx: Tx, project: string) {
  const { rows } = await sql<{
    type: TaskType
    language: string
    state: TaskState
    tasks: number
  }>`
    select type, language, state, sum(tasks)::int8 as tasks from annotation.tally
     where project = ${project} group by type, language, state having sum(tasks) <> 0
     order by language`.execute(tx)
  return rows
}

export function heldIn(tx: Tx, project: string, most: number) {
  return tx
    .selectFrom('annotation.lease')
    .select(['task', 'type', 'person', 'until'])
    .where('project', '=', project)
    .orderBy('until')
    .limit(most)
    .execute()
}

/** Annotation tasks that were skipped or sent back, the oldest first, with the reason of a skip. */
export async function setAsideIn(tx: Tx, project: string, most: number) {
  const { rows } = await sql<{
    task: string
    state: 'skipped' | 'returned'
    person: string | null
    reason: Tables['annotation.flag']['reason'] | null
    since: Date
  }>`
    select t.id as task, t.state, t.author as person, t.since,
      case when t.state = 'skipped' then (
        select f.reason from annotation.flag f
         where f.task = t.id and f.undone_at is null order by f.at desc limit 1) end as reason
      from annotation.task t
     where t.project = ${project} and t.type = 'annotate' and t.state in ('skipped', 'returned')
     order by t.since limit ${most}`.execute(tx)
  return rows
}

/** Accepted items after `after` in the order of their ids, with how the standing annotation came about. */
export async function acceptedAfter(tx: Tx, project: string, after: string, most: number) {
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
     where t.project = ${project} and t.type = 'annotate' and t.state = 'accepted' and t.item > ${after}
     order by t.item limit ${most}`.execute(tx)
  return rows
}

/** How many of a batch's items stand in which state. */
export async function statesOfBatches(tx: Tx, project: string) {
  const { rows } = await sql<{ batch: string; state: TaskState; tasks: number }>`
    select batch, state, count(*) as tasks from annotation.task
     where project = ${project} and type = 'annotate' group by batch, state order by batch`.execute(
    tx,
  )
  return rows
}
