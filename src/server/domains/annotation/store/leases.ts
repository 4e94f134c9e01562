import { type Insertable, sql } from 'kysely'
import type { Tx } from '../../../kernel/db.ts'
import { prepared } from '../../../kernel/prepared.ts'
import type { AnnotationTables, TaskType } from '../tables.ts'

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
 * Leases a person their next task, in one statement, in one of their languages: what they hold
 * already, expired or not; what is reserved for them; else the first that waits. For a review nobody
 * is offered an item that they ever annotated. Rows that others are taking at this moment are
 * passed over. Undefined when nothing waits, when the same person was served twice at once, and while
 * they hold something in another language.
 */
export async function takeTask(
  tx: Tx,
  wanted: Wanted,
): Promise<{ id: string; item: string; language: string } | undefined> {
  const { project, type, person, languages, schema, guideline, until, now } = wanted
  const speaks = [...languages]
  const { rows } = await sql<{ id: string; item: string; language: string }>`
    with own as materialized (
      select l.task as id from annotation.lease l join annotation.task t on t.id = l.task
       where l.project = ${project} and l.type = ${type} and l.person = ${person}
         and (t.language = any(${speaks}) or split_part(t.language, '-', 1) = any(${speaks}))
         for update of l
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
 * Gives back to everybody what nobody comes back to: tasks whose lease is over, those that this person
 * holds in a language that is theirs no more, and tasks reserved for somebody who has left them since
 * `before`. At most 20 at a time. Called when nothing else waits, so that begun work is left to who
 * began it as long as it can be. Answers those of them that somebody held.
 */
export async function reclaimTasks(
  tx: Tx,
  asked: Pick<Wanted, 'project' | 'type' | 'person' | 'languages' | 'now'> & { before: Date },
): Promise<string[]> {
  const { project, type, person, now, before } = asked
  const speaks = [...asked.languages]
  const { rows } = await sql<{ id: string; held: boolean }>`
    with over as (
      select l.task as id from annotation.lease l join annotation.task t on t.id = l.task
       where l.project = ${project} and l.type = ${type}
         and (l.until <= ${now} or l.person = ${person} and t.language <> all(${speaks})
                               and split_part(t.language, '-', 1) <> all(${speaks}))
       order by l.person <> ${person}, l.until limit 20 for update of l skip locked
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
    returning t.id, t.id in (select id from ended) as held`.execute(tx)
  return rows.filter((row) => row.held).map((row) => row.id)
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

const leaseEnding = prepared((db, { task }: { task: string }) =>
  db.deleteFrom('annotation.lease').where('task', '=', task).returning('person'),
)

/** Ends the lease and says whose it was. */
export async function endLease(tx: Tx, task: string): Promise<string | undefined> {
  const [row] = await leaseEnding(tx, { task })
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

export async function insertLease(
  tx: Tx,
  row: Insertable<AnnotationTables['annotation.lease']>,
): Promise<void> {
  await tx.insertInto('annotation.lease').values(row).execute()
}

const holdings = prepared(
  (_, { task, person }: { task: string; person: string }) => sql<{
    type: TaskType
    until: Date | null
    annotated: boolean
  }>`
    select t.type, l.until,
      t.type = 'review' and exists (select from annotation.annotation a
                                     where a.item = t.item and a.person = ${person}) as annotated
      from annotation.task t
      left join annotation.lease l on l.task = t.id and l.person = ${person}
     where t.id = ${task}`,
)

/** What the gate asks: until when this person holds the task, and whether they annotated its item. */
export async function holding(tx: Tx, task: string, person: string) {
  const [row] = await holdings(tx, { task, person })
  return row
}

export function leasesOf(tx: Tx, person: string) {
  return tx
    .selectFrom('annotation.lease')
    .select(['task', 'project', 'type'])
    .where('person', '=', person)
    .execute()
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
