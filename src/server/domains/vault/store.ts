import { type Insertable, sql } from 'kysely'
import type { Tx } from '../../kernel/db.ts'
import type { VaultTables } from './tables.ts'

/** The epoch in use and its wrapped key; undefined for a project that has none yet. */
export function currentProjectKey(tx: Tx, project: string) {
  return tx
    .selectFrom('vault.project_key')
    .select(['epoch', 'wrapped'])
    .where('project', '=', project)
    .where('wrapped', 'is not', null)
    .orderBy('epoch', 'desc')
    .limit(1)
    .executeTakeFirst()
}

export async function projectKeyAt(tx: Tx, project: string, epoch: number): Promise<Buffer | null> {
  const row = await tx
    .selectFrom('vault.project_key')
    .select('wrapped')
    .where('project', '=', project)
    .where('epoch', '=', epoch)
    .executeTakeFirst()
  return row?.wrapped ?? null
}

/**
 * Until the transaction ends, keeps the project's keys from being destroyed (shared), or keeps others
 * from drawing keys below them (exclusive). Take it in a statement before those that must see its effect.
 */
export async function lockEpochs(
  tx: Tx,
  project: string,
  manner: 'shared' | 'exclusive',
): Promise<void> {
  const name = `vault epochs ${project}`
  if (manner === 'shared')
    await sql`select pg_advisory_xact_lock_shared(hashtextextended(${name}, 0))`.execute(tx)
  else await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx)
}

/** Whether the project key of an epoch still opens what is wrapped under it. */
export async function epochLives(tx: Tx, project: string, epoch: number): Promise<boolean> {
  return (await projectKeyAt(tx, project, epoch)) !== null
}

/** Two processes may begin a project's first key at once: whoever comes second waits and takes the first's. */
export async function lockProject(tx: Tx, project: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`vault ${project}`}, 0))`.execute(tx)
}

export async function insertProjectKey(
  tx: Tx,
  row: { project: string; epoch: number; wrapped: Buffer },
): Promise<void> {
  await tx
    .insertInto('vault.project_key')
    .values({ ...row, destroyed_at: null })
    .execute()
}

export function ownerKey(tx: Tx, project: string, kind: 'item' | 'class', owner: string) {
  return tx
    .selectFrom('vault.owner_key')
    .select(['epoch', 'wrapped'])
    .where('project', '=', project)
    .where('kind', '=', kind)
    .where('owner', '=', owner)
    .executeTakeFirst()
}

/** False when another transaction was first. */
export async function insertOwnerKey(
  tx: Tx,
  row: Insertable<VaultTables['vault.owner_key']>,
): Promise<boolean> {
  const done = await tx
    .insertInto('vault.owner_key')
    .values(row)
    .onConflict((c) => c.doNothing())
    .executeTakeFirst()
  return done.numInsertedOrUpdatedRows === 1n
}

export async function insertObject(
  tx: Tx,
  row: Insertable<VaultTables['vault.object']>,
): Promise<void> {
  await tx.insertInto('vault.object').values(row).execute()
}

export function objectById(tx: Tx, id: string) {
  return tx.selectFrom('vault.object').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Where an item's asset stands in its newest version. */
export function objectAt(
  tx: Tx,
  project: string,
  kind: 'item' | 'class',
  owner: string,
  asset: string,
) {
  return tx
    .selectFrom('vault.object')
    .select(['id', 'version', 'length'])
    .where('project', '=', project)
    .where('kind', '=', kind)
    .where('owner', '=', owner)
    .where('asset', '=', asset)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Removes an owner's objects, or one asset of it; answers the places to be freed in the object store. */
export async function deleteObjects(
  tx: Tx,
  project: string,
  kind: 'item' | 'class',
  owner: string,
  asset: string | null,
): Promise<string[]> {
  let query = tx
    .deleteFrom('vault.object')
    .where('project', '=', project)
    .where('kind', '=', kind)
    .where('owner', '=', owner)
  if (asset !== null) query = query.where('asset', '=', asset)
  const rows = await query.returning('location').execute()
  return rows.flatMap((row) => (row.location === null ? [] : [row.location]))
}

export async function deleteOwnerKey(
  tx: Tx,
  project: string,
  kind: 'item' | 'class',
  owner: string,
): Promise<void> {
  await tx
    .deleteFrom('vault.owner_key')
    .where('project', '=', project)
    .where('kind', '=', kind)
    .where('owner', '=', owner)
    .execute()
}

/** Which of these locations no row knows: written by a transaction that never committed. */
export async function unknownLocations(tx: Tx, locations: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ location: string }>`
    select l.location from unnest(${[...locations]}::text[]) as l(location)
     where not exists (select 1 from vault.object o where o.location = l.location)`.execute(tx)
  return rows.map((row) => row.location)
}

export interface NewOwnerKey {
  readonly owner: string
  readonly epoch: number
  readonly wrapped: Uint8Array
}

export interface NewObject {
  readonly id: string
  readonly owner: string
  readonly asset: string
  readonly length: number
  readonly sealed: Buffer | null
  readonly location: string | null
}

/** The keys of new items, in one statement. */
export async function insertOwnerKeys(
  tx: Tx,
  project: string,
  keys: readonly NewOwnerKey[],
): Promise<void> {
  await sql`
    insert into vault.owner_key (project, kind, owner, epoch, wrapped)
    select ${project}, 'item', * from unnest(
      ${keys.map((k) => k.owner)}::text[], ${keys.map((k) => k.epoch)}::int4[],
      ${keys.map((k) => Buffer.from(k.wrapped))}::bytea[])`.execute(tx)
}

/** The first versions of new items' objects, in one statement. */
export async function insertObjects(
  tx: Tx,
  project: string,
  objects: readonly NewObject[],
): Promise<void> {
  await sql`
    insert into vault.object (project, kind, version, id, owner, asset, length, sealed, location)
    select ${project}, 'item', 1, * from unnest(
      ${objects.map((o) => o.id)}::text[], ${objects.map((o) => o.owner)}::text[],
      ${objects.map((o) => o.asset)}::text[], ${objects.map((o) => o.length)}::int8[],
      ${objects.map((o) => o.sealed)}::bytea[], ${objects.map((o) => o.location)}::text[])`.execute(
    tx,
  )
}

/** Removes items with their keys and objects; answers the places to be freed in the object store. */
export async function deleteItems(
  tx: Tx,
  project: string,
  items: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ location: string | null }>`
    with keys as (
      delete from vault.owner_key
       where project = ${project} and kind = 'item' and owner = any(${[...items]}::text[]))
    delete from vault.object
     where project = ${project} and kind = 'item' and owner = any(${[...items]}::text[])
    returning location`.execute(tx)
  return rows.flatMap((row) => (row.location === null ? [] : [row.location]))
}
