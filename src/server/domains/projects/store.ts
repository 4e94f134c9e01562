import { type Expression, type Insertable, type RawBuilder, sql } from 'kysely'
import type { Tx } from '../../kernel/db.ts'
import { prepared } from '../../kernel/prepared.ts'
import type { ProjectsTables } from './tables.ts'
import { endOfTerms, stateOfTerms } from './terms.ts'

type Row<T extends keyof ProjectsTables> = Insertable<ProjectsTables[T]>

interface AskedOfProject {
  readonly project: string
  readonly item: string | null
  readonly person: string | null
  readonly now: Date
}

const projectsFacts = prepared(
  (_, { project, item, person, now }: AskedOfProject) => sql<{
    state: string
    complete: boolean | null
    ends_on: string | null
    instructed: boolean
    instructed_until: Date | null
    item_state: string | null
    roles: string[]
    client_person: boolean
  }>`
    select p.state,
      terms.complete, terms.ends_on,
      instruction.covers as instructed, instruction.ends as instructed_until,
      (select i.state from projects.item i where i.id = ${item} and i.project = p.id) as item_state,
      array(select t.role from projects.team t where t.project = p.id and t.person = ${person} order by t.role) as roles,
      exists (select 1 from projects.client_person c where c.client = p.client and c.person = ${person}) as client_person
    from projects.project p
    left join lateral (
      select t.complete, t.body ->> 'endsOn' as ends_on
        from projects.terms t where t.client = p.client order by t.version desc limit 1
    ) terms on true
    cross join lateral (
      select count(*) > 0 as covers,
             case when bool_and(i.ends is not null) then max(i.ends) end as ends
        from projects.instruction i
       where i.project = p.id and i.begins <= ${now} and (i.ends is null or i.ends > ${now})
    ) instruction
    where p.id = ${project}`,
)

/**
 * What the gate asks of a project, and of one item of it, for one person: one reading. Terms end with
 * the day that they name, by UTC; `terms` says that they are complete and in force, `until` when they or the instruction end next.
 */
export async function projectFacts(
  tx: Tx,
  project: string,
  item: string | null,
  person: string | null,
  now: Date,
) {
  const [row] = await projectsFacts(tx, { project, item, person, now })
  if (row === undefined) return undefined
  const state = stateOfTerms({ complete: row.complete, endsOn: row.ends_on }, now)
  const until = Math.min(
    state === 'complete' ? endOfTerms(row.ends_on) : Infinity,
    row.instructed_until?.getTime() ?? Infinity,
  )
  return {
    ...row,
    terms: state === 'complete',
    until: until === Infinity ? null : new Date(until),
  }
}

export async function speaksFor(tx: Tx, client: string, person: string): Promise<boolean> {
  const row = await tx
    .selectFrom('projects.client_person')
    .select('person')
    .where('client', '=', client)
    .where('person', '=', person)
    .executeTakeFirst()
  return row !== undefined
}

export function projectById(tx: Tx, id: string) {
  return tx.selectFrom('projects.project').selectAll().where('id', '=', id).executeTakeFirst()
}

export function projectByCode(tx: Tx, code: string) {
  return tx.selectFrom('projects.project').selectAll().where('code', '=', code).executeTakeFirst()
}

/** For statements of other domains: whether an item is free, neither held, restricted nor erased. */
export function isFree(item: Expression<string>): RawBuilder<boolean> {
  return sql`exists (select from projects.item f where f.id = ${item} and f.state = 'free')`
}

/** What an item is, apart from its state: none of it ever changes. */
export interface ItemColumns {
  readonly code: string
  readonly kind: 'text' | 'audio' | 'image'
  readonly language: string
  readonly length: number
  readonly rate: number | null
  readonly content_sha256: Buffer
}

/** For statements of other domains: the columns of an item, to be joined lateral. */
export function itemColumns(item: Expression<string>): RawBuilder<ItemColumns> {
  return sql`(select p.code, i.kind, i.language, i.length, i.rate, i.content_sha256
                from projects.item i join projects.project p on p.id = i.project
               where i.id = ${item})`
}

const itemsById = prepared((db, { id }: { id: string }) =>
  db
    .selectFrom('projects.item as i')
    .innerJoin('projects.project as p', 'p.id', 'i.project')
    .select([
      'i.id',
      'i.project',
      'i.kind',
      'i.language',
      'i.state',
      'i.length',
      'i.rate',
      'i.content_sha256',
      'p.code',
      'p.client',
    ])
    .where('i.id', '=', id),
)

/** An item with the project it belongs to; what an act on it is located by. */
export async function itemById(tx: Tx, id: string) {
  const [row] = await itemsById(tx, { id })
  return row
}

export async function clientExists(tx: Tx, id: string): Promise<boolean> {
  const row = await tx
    .selectFrom('projects.client')
    .select('id')
    .where('id', '=', id)
    .executeTakeFirst()
  return row !== undefined
}

export async function insertClient(tx: Tx, row: Row<'projects.client'>): Promise<void> {
  await tx.insertInto('projects.client').values(row).execute()
}

export async function insertClientPerson(
  tx: Tx,
  row: Row<'projects.client_person'>,
): Promise<void> {
  await tx
    .insertInto('projects.client_person')
    .values(row)
    .onConflict((c) => c.doNothing())
    .execute()
}

export async function insertTerms(
  tx: Tx,
  terms: { client: string; body: object; complete: boolean; by: string; now: Date },
): Promise<number> {
  // Of two at once the second waits, and its version is the later one.
  await tx
    .selectFrom('projects.client')
    .select('id')
    .where('id', '=', terms.client)
    .forUpdate()
    .execute()
  const { rows } = await sql<{ version: number }>`
    insert into projects.terms (client, version, body, complete, set_by, set_at)
    select ${terms.client}, coalesce(max(version), 0) + 1, ${JSON.stringify(terms.body)}, ${terms.complete}, ${terms.by}, ${terms.now}
      from projects.terms where client = ${terms.client}
    returning version`.execute(tx)
  return rows[0]?.version ?? 1
}

export function listClients(tx: Tx) {
  return sql<{ id: string; name: string; body: unknown; complete: boolean | null }>`
    select c.id, c.name, t.body, t.complete
      from projects.client c
      left join lateral (select body, complete from projects.terms t
                          where t.client = c.id order by version desc limit 1) t on true
     order by c.name limit 1000`.execute(tx)
}

/** Who speaks for which client. */
export function speakersOf(tx: Tx) {
  return tx
    .selectFrom('projects.client_person')
    .select(['client', 'person'])
    .orderBy('client')
    .orderBy('person')
    .limit(5000)
    .execute()
}

/** False when the code is taken. */
export async function insertProject(tx: Tx, row: Row<'projects.project'>): Promise<boolean> {
  const done = await tx
    .insertInto('projects.project')
    .values(row)
    .onConflict((c) => c.column('code').doNothing())
    .executeTakeFirst()
  return done.numInsertedOrUpdatedRows === 1n
}

export async function insertInstruction(tx: Tx, row: Row<'projects.instruction'>): Promise<void> {
  await tx.insertInto('projects.instruction').values(row).execute()
}

export async function setProjectState(
  tx: Tx,
  project: string,
  state: ProjectsTables['projects.project']['state'],
): Promise<void> {
  await tx.updateTable('projects.project').set({ state }).where('id', '=', project).execute()
}

export function listProjects(tx: Tx, only: string | null) {
  return sql<{
    id: string
    client: string
    code: string
    kind: 'text' | 'audio' | 'image'
    state: 'draft' | 'open' | 'paused' | 'closed'
    schema: number | null
    guideline: number | null
    items: number
  }>`
    select p.id, p.client, p.code, p.kind, p.state,
      (select max(version) from projects.label_schema s where s.project = p.id) as schema,
      (select max(version) from projects.guideline g where g.project = p.id) as guideline,
      (select coalesce(sum(accepted), 0)::int8 from projects.batch b
        where b.project = p.id and b.state <> 'undone') as items
      from projects.project p
     where ${only}::text is null or p.id = ${only}
     order by p.created_at desc limit 1000`.execute(tx)
}

export function teamOf(tx: Tx, project: string) {
  return tx
    .selectFrom('projects.team')
    .select(['person', 'role'])
    .where('project', '=', project)
    .orderBy('person')
    .orderBy('role')
    .execute()
}

export function projectsOf(tx: Tx, person: string) {
  return tx
    .selectFrom('projects.team as t')
    .innerJoin('projects.project as p', 'p.id', 't.project')
    .select(['p.id', 'p.code', 'p.kind', 'p.state', 't.role'])
    .where('t.person', '=', person)
    .orderBy('p.code')
    .execute()
}

export async function replaceTeamRoles(
  tx: Tx,
  member: {
    project: string
    person: string
    roles: readonly ('annotator' | 'reviewer')[]
    by: string
    now: Date
  },
): Promise<void> {
  const { project, person, roles, by, now } = member
  await tx
    .deleteFrom('projects.team')
    .where('project', '=', project)
    .where('person', '=', person)
    .execute()
  if (roles.length > 0)
    await tx
      .insertInto('projects.team')
      .values(roles.map((role) => ({ project, person, role, set_by: by, set_at: now })))
      .execute()
}

export function latestSchema(tx: Tx, project: string) {
  return tx
    .selectFrom('projects.label_schema')
    .select(['version', 'body'])
    .where('project', '=', project)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
}

export function schemaVersion(tx: Tx, project: string, version: number) {
  return tx
    .selectFrom('projects.label_schema')
    .select(['version', 'body'])
    .where('project', '=', project)
    .where('version', '=', version)
    .executeTakeFirst()
}

export async function insertSchema(tx: Tx, row: Row<'projects.label_schema'>): Promise<void> {
  await tx.insertInto('projects.label_schema').values(row).execute()
}

export function latestGuideline(tx: Tx, project: string) {
  return tx
    .selectFrom('projects.guideline')
    .select(['version', 'object'])
    .where('project', '=', project)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
}

const versions = prepared(
  (_, { project }: { project: string }) => sql<{ schema: number | null; guideline: number | null }>`
    select (select max(version) from projects.label_schema where project = ${project}) as schema,
           (select max(version) from projects.guideline where project = ${project}) as guideline`,
)

/** The newest versions of a project's label schema and guideline; null where none is published. */
export async function latestVersions(tx: Tx, project: string) {
  const [row] = await versions(tx, { project })
  return row ?? { schema: null, guideline: null }
}

/** Lets versions of a project's schema and guideline be numbered one after another. */
export async function lockProjectRow(tx: Tx, project: string): Promise<void> {
  await tx
    .selectFrom('projects.project')
    .select('id')
    .where('id', '=', project)
    .forUpdate()
    .execute()
}

export async function insertGuideline(tx: Tx, row: Row<'projects.guideline'>): Promise<void> {
  await tx.insertInto('projects.guideline').values(row).execute()
}

export function instructionsOf(tx: Tx, project: string) {
  return tx
    .selectFrom('projects.instruction')
    .select(['subject', 'begins'])
    .where('project', '=', project)
    .orderBy('begins')
    .execute()
}

export function batchesOf(tx: Tx, project: string) {
  return tx
    .selectFrom('projects.batch')
    .select(['id', 'name', 'state', 'accepted', 'rejected', 'began_at'])
    .where('project', '=', project)
    .orderBy('began_at')
    .limit(1000)
    .execute()
}

/** The clients for whom a person speaks. */
export async function clientsOf(tx: Tx, person: string): Promise<string[]> {
  const rows = await tx
    .selectFrom('projects.client_person')
    .select('client')
    .where('person', '=', person)
    .execute()
  return rows.map((row) => row.client)
}
