import { sql } from 'kysely'
import type { Tx } from '../../../kernel/db.ts'
import type { AnnotationTables, TaskState, TaskType } from '../tables.ts'

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

/** How many of a batch's items stand in which state. */
export async function statesOfBatches(tx: Tx, project: string) {
  const { rows } = await sql<{ batch: string; state: TaskState; tasks: number }>`
    select batch, state, count(*) as tasks from annotation.task
     where project = ${project} and type = 'annotate' group by batch, state order by batch`.execute(
    tx,
  )
  return rows
}

/** Annotation tasks that were skipped or sent back, the oldest first, with the reason of a skip. */
export async function setAsideIn(tx: Tx, project: string, most: number) {
  const { rows } = await sql<{
    task: string
    state: 'skipped' | 'returned'
    person: string | null
    reason: AnnotationTables['annotation.flag']['reason'] | null
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
