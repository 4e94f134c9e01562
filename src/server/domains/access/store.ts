import { sql } from 'kysely'
import { sendAlong, type Tx } from '../../kernel/db.ts'
import { prepared } from '../../kernel/prepared.ts'
import type { Located } from './facts.ts'

/** What belongs to no project belongs to the site, which has keys of its own. */
export const siteProject = 'site'

/** For which projects each transaction is open; what PostgreSQL is told stands here as well. */
const opened = new WeakMap<Tx, readonly string[]>()

/** The projects whose rows a transaction sees and writes. None until it is opened. */
export function openedFor(tx: Tx): readonly string[] {
  return opened.get(tx) ?? []
}

/**
 * From the next statement on, and until the transaction ends, PostgreSQL shows and takes rows of
 * these projects as well (docs/decisions/0063). Sent along: it costs no waiting.
 */
export function openFor(tx: Tx, projects: readonly string[]): void {
  const before = openedFor(tx)
  const all = [...new Set([...before, ...projects])]
  if (all.length > before.length) openOnlyFor(tx, all)
}

/** The same for these projects and no others. */
export function openOnlyFor(tx: Tx, projects: readonly string[]): void {
  // PostgreSQL is told one text; an id that was checked for its shape never has a comma.
  if (projects.some((project) => project === '' || project.includes(',')))
    throw new RangeError('no project is named so')
  opened.set(tx, projects)
  sendAlong(tx, opening(tx, { projects: projects.join() }))
}

const opening = prepared(
  (_, { projects }: { projects: string }) =>
    sql`select set_config('cloister.projects', ${projects}, true)`,
)

/** Takes back all that passes of this transaction have opened, for when none of them is used. */
export function closeRows(tx: Tx): void {
  openOnlyFor(tx, [])
}

const projectOf = {
  Task: sql.raw('access.project_of_task'),
  Item: sql.raw('access.project_of_item'),
  Delivery: sql.raw('access.project_of_delivery'),
}

/**
 * Finds a thing of a project: the transaction is opened, beside what it is open for, for the project
 * that the thing belongs to, whatever that is, and then it is looked up.
 */
export async function openWith(
  tx: Tx,
  { type, id }: { readonly type: keyof typeof projectOf; readonly id: string },
  locate: () => Promise<Located | null | undefined>,
): Promise<Located | null | undefined> {
  const before = openedFor(tx)
  const name = before.length === 0 ? null : before.join()
  sendAlong(
    tx,
    sql`select set_config('cloister.projects', concat_ws(',', ${name}::text, ${projectOf[type]}(${id})), true)`.execute(
      tx,
    ),
  )
  const found = await locate()
  if (found?.project != null) opened.set(tx, [...new Set([...before, found.project])])
  return found
}

/** Opens for the projects of a person: those of their teams, and of the clients for whom they speak. */
export async function openForPerson(tx: Tx, person: string): Promise<void> {
  const { rows } = await sql<{ project: string }>`
    select project from access.projects_of(${person}) as project`.execute(tx)
  openFor(tx, [siteProject, ...rows.map(({ project }) => project)])
}

/** Opens for every project that there is at this moment, by its name: there is no word for all. */
export async function openForAll(tx: Tx): Promise<void> {
  const { rows } = await sql<{ project: string }>`
    select project from access.every_project() as project`.execute(tx)
  openFor(tx, [siteProject, ...rows.map(({ project }) => project)])
}
